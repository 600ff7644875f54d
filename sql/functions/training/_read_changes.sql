-- requires: functions/lifecycle.shown
-- Kinds are checked before anything is cast: a number where an id belongs would pass as its digits.
create or replace function _read_changes(p_session sessions, p_changes jsonb)
returns sessions
language plpgsql
stable
security invoker
parallel safe
set search_path from current
as $function$
declare
    v_fields constant text[] := array['course_id', 'trainer_id', 'venue_id', 'start_time', 'end_time'];
    v_field text;
    v_is_valid boolean;
begin
    if jsonb_typeof(p_changes) is distinct from 'object' then
        raise exception using
            errcode = 'PT400',
            constraint = 'invalid_changes',
            message = format('p_changes must be an object, not %s', lifecycle.shown(p_changes::text)),
            detail = e'key: invalid_changes\n' || format('It may have the keys %s.', array_to_string(v_fields, ', ')),
            hint = 'Name what you want to change, such as {"venue_id": null}.';
    end if;
    select k.field into v_field
    from jsonb_object_keys(p_changes) as k (field)
    where k.field <> all (v_fields)
    order by k.field
    limit 1;
    if found then
        raise exception using
            errcode = 'PT400',
            constraint = 'unknown_field',
            message = format('sessions have no field %s that can be changed', lifecycle.shown(v_field)),
            detail = e'key: unknown_field\n'
                || format('Fields that can be changed: %s.', array_to_string(v_fields, ', ')),
            hint = 'To change the status, use schedule_session(), complete_session() and cancel_session().';
    end if;
    foreach v_field in array v_fields loop
        v_is_valid := coalesce(jsonb_typeof(p_changes -> v_field) in ('string', 'null'), true);
        if v_is_valid and v_field in ('start_time', 'end_time') then
            begin
                perform (p_changes ->> v_field)::timestamptz;
            exception
                when invalid_datetime_format or datetime_field_overflow or invalid_parameter_value
                    or invalid_time_zone_displacement_value
                then
                    v_is_valid := false;
            end;
        end if;
        if not v_is_valid then
            raise exception using
                errcode = 'PT400',
                constraint = 'invalid_field',
                message = format('%s cannot be %s', v_field, lifecycle.shown((p_changes -> v_field)::text)),
                detail = e'key: invalid_field\n' || case
                    when v_field in ('start_time', 'end_time') then 'It is an instant as text, or null.'
                    else 'It is a key as text, or null.'
                end,
                hint = 'Instants are written like 2027-01-04T09:00:00Z.';
        end if;
    end loop;
    return jsonb_populate_record(p_session, p_changes);
end
$function$;

comment on function _read_changes(sessions, jsonb) is
'Reads a patch of a session. p_session: the row as it is; p_changes: object with any of course_id, trainer_id, venue_id,
start_time and end_time, each text or null. Returns the row as it is to be: what is not named stays, null empties.
Raises PT400 invalid_changes, unknown_field, invalid_field.';

revoke all on function _read_changes(sessions, jsonb) from public;
