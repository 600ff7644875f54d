-- requires: functions/_refuse_too_many, functions/lifecycle.shown
create or replace function _read_marks(p_marks jsonb)
returns table (
    place integer,
    personnel_id text,
    status session_attendees.status%type, -- noqa: LT01
    has_remarks boolean,
    remarks text
)
language plpgsql
stable
security invoker
parallel safe
set search_path from current
as $function$
declare
    v_known constant text[] := array['personnel_id', 'status', 'remarks'];
    v_item jsonb;
    v_problem text;
    v_seen text[] := array[]::text[];
begin
    if jsonb_typeof(p_marks) is distinct from 'array' then
        raise exception using
            errcode = 'PT400',
            constraint = 'invalid_marks',
            message = 'p_marks is not an array of marks',
            detail = e'key: invalid_marks\n' || format('It is %s.', coalesce(jsonb_typeof(p_marks), 'null')),
            hint = 'For example [{"personnel_id": "c0ffee123", "status": "ATTENDED", "remarks": "left early"}].';
    end if;
    perform _refuse_too_many('p_marks', jsonb_array_length(p_marks));
    for v_item, place in
        select e.item, e.place
        from jsonb_array_elements(p_marks) with ordinality as e (item, place)
        order by e.place
    loop
        v_problem := null;
        if jsonb_typeof(v_item) <> 'object' then
            v_problem := format('it is not an object but %s', jsonb_typeof(v_item));
        else
            v_problem := (
                select format('unknown: %s', lifecycle.shown(string_agg(k.name, ', ' order by k.name)))
                from jsonb_object_keys(v_item) as k (name)
                where k.name <> all(v_known)
                having count(*) > 0
            );
            personnel_id := v_item ->> 'personnel_id';
            v_problem := coalesce(v_problem, case
                when jsonb_typeof(v_item -> 'personnel_id') is distinct from 'string'
                    then 'personnel_id is not a text'
                when personnel_id = any(v_seen) then format('%s has an earlier mark', lifecycle.shown(personnel_id))
                when coalesce(v_item ->> 'status' <> all(enum_range(null::attendance_status)::text[]), true)
                    then format('status is none of %s', array_to_string(enum_range(null::attendance_status), ', '))
                when jsonb_typeof(v_item -> 'remarks') not in ('string', 'null') then 'remarks is not a text'
            end);
        end if;
        if v_problem is not null then
            raise exception using
                errcode = 'PT400',
                constraint = 'invalid_mark',
                message = format('mark %s of %s is not valid: %s', place, jsonb_array_length(p_marks), v_problem),
                detail = e'key: invalid_mark\n' || 'No mark of the list was recorded.',
                hint = format('Elements may have %s; the first two are required.', array_to_string(v_known, ', '));
        end if;
        v_seen := v_seen || personnel_id;
        status := (v_item ->> 'status')::attendance_status;
        has_remarks := v_item ? 'remarks';
        remarks := v_item ->> 'remarks';
        return next;
    end loop;
end
$function$;

comment on function _read_marks(jsonb) is
'Reads and checks a list of marks without writing any. p_marks: array of at most 1000 objects with personnel_id, status
and, if they are to change, remarks. Returns one row an element: its place from 1, personnel_id, status, whether it has
remarks, and them. Raises PT400 invalid_marks, invalid_mark (the message says which element and what is wrong),
too_many.';

revoke all on function _read_marks(jsonb) from public;
