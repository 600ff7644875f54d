-- Checked when written, not when read, so that a typing error fails in the statement that makes it.
create or replace function validate_setting()
returns trigger
language plpgsql
volatile
security invoker
parallel unsafe
as $function$
declare
    v_is_sound boolean;
begin
    begin
        v_is_sound := case new.kind
            when 'boolean' then new.value::boolean is not null
            when 'integer' then new.value::integer > 0
            when 'interval' then new.value = 'forever' or new.value::interval > interval '0'
        end;
    exception
        when invalid_text_representation or numeric_value_out_of_range or invalid_datetime_format
            or datetime_field_overflow or interval_field_overflow
        then
            v_is_sound := false;
    end;
    if not v_is_sound then
        raise exception using
            errcode = 'PT400',
            constraint = 'invalid_setting',
            message = format('setting %s cannot be %s', new.key, lifecycle.shown(new.value)),
            detail = e'key: invalid_setting\n' || format('It is of kind %s; a number must be above zero.', new.kind),
            hint = 'Write 14 days or 90 seconds for an interval, forever for one without end, 5 for an integer, on or off for a boolean.';
    end if;
    return new;
end
$function$;

comment on function validate_setting() is
'Trigger function (before insert or update of kind or value, row): checks a setting''s value against its kind. No
arguments. Returns the row. Raises PT400 invalid_setting.';

revoke all on function validate_setting() from public;
