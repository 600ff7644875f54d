-- Locks: none; foreign keys protect a caller that writes rows of the workshop.
create or replace function _require_workshop(p_workshop_id uuid)
returns void
language plpgsql
stable
security invoker
parallel safe
set search_path from current
as $function$
begin
    if not exists (select from workshops as w where w.id = p_workshop_id) then
        raise exception using
            errcode = 'PT404',
            constraint = 'workshop_not_found',
            message = format('there is no workshop %s', coalesce(p_workshop_id::text, 'null')),
            detail = e'key: workshop_not_found\n' || 'No row of workshops has this id.',
            hint = 'Look it up in workshops.';
    end if;
end
$function$;

comment on function _require_workshop(uuid) is
'Raises an error if a workshop does not exist. p_workshop_id: the workshop. Returns nothing.
Raises PT404 workshop_not_found.';

revoke all on function _require_workshop(uuid) from public;
