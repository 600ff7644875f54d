-- An unknown key fails: null would be read as no limit.
create or replace function setting_boolean(p_key text)
returns boolean
language plpgsql
stable
security invoker
parallel restricted
set search_path from current
as $function$
declare
    v_value boolean;
begin
    select s.value::boolean
    into v_value
    from settings as s
    where s.key = p_key and s.kind = 'boolean';
    if not found then
        raise exception using
            errcode = 'PT404',
            constraint = 'setting_not_found',
            message = format('there is no setting %s of kind boolean', lifecycle.shown(p_key)),
            detail = e'key: setting_not_found\n' || (
                select format('Known are %s.', string_agg(s.key, ', ' order by s.key))
                from settings as s
                where s.kind = 'boolean'
            ),
            hint = 'Settings are rows of lifecycle.settings.';
    end if;
    return v_value;
end
$function$;

comment on function setting_boolean(text) is
'A setting as boolean. p_key: its name, such as notify_events. Returns a boolean. Raises PT404 setting_not_found.';

revoke all on function setting_boolean(text) from public;
grant execute on function setting_boolean(text) to sessionbook_common;
