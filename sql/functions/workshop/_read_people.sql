-- requires: functions/lifecycle.shown
create or replace function _read_people(p_people jsonb)
returns enrollments[]
language plpgsql
stable
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_known constant text[] := array['student_name', 'student_email', 'student_phone', 'seats'];
    v_blank enrollments;
    v_wrong record;
begin
    if jsonb_typeof(p_people) is distinct from 'array' or p_people = '[]' then
        raise exception using
            errcode = 'PT400',
            constraint = 'invalid_people',
            message = 'p_people is not an array of at least one person',
            detail = e'key: invalid_people\n'
                || format(
                    'It is %s.', case p_people when '[]' then 'empty' else coalesce(jsonb_typeof(p_people), 'null') end
                ),
            hint = 'For example [{"student_name": "Sara", "student_email": "sara@example.org"}].';
    end if;
    if jsonb_array_length(p_people) > 1000 then
        raise exception using
            errcode = 'PT400',
            constraint = 'too_many',
            message = format('cannot enroll %s people at once', jsonb_array_length(p_people)),
            detail = e'key: too_many\n'
                || 'At most 1000 people can be enrolled at once, because other bookings of the session wait.',
            hint = 'Split the list.';
    end if;
    select e.place, e.item, x.problem
    into v_wrong
    from jsonb_array_elements(p_people) with ordinality as e (item, place)
    cross join lateral (
        select case
            when jsonb_typeof(e.item) <> 'object' then format('it is not an object but %s', jsonb_typeof(e.item))
            when e.item - v_known <> '{}'
                then (
                    select format('unknown: %s', lifecycle.shown(string_agg(k.name, ', ' order by k.name)))
                    from jsonb_object_keys(e.item - v_known) as k (name)
                )
            when jsonb_typeof(e.item -> 'student_name') is distinct from 'string'
                or trim(e.item ->> 'student_name') = ''
                then 'student_name is blank'
            when jsonb_typeof(e.item -> 'student_email') not in ('string', 'null')
                or jsonb_typeof(e.item -> 'student_phone') not in ('string', 'null')
                then 'an e-mail address or a phone number is not a text'
            when greatest(length(e.item ->> 'student_name'), length(trim(e.item ->> 'student_email'))) > 255
                or length(trim(e.item ->> 'student_phone')) > 50
                then 'a name or an e-mail address has more than 255 characters, or a phone number more than 50'
            when e.item ? 'seats'
                and case jsonb_typeof(e.item -> 'seats')
                    when 'number'
                        then (e.item -> 'seats')::numeric not between 1 and 10000
                            or (e.item -> 'seats')::numeric % 1 <> 0
                    else true
                end
                then 'seats is not 1 to 10000'
        end as problem
    ) as x
    where x.problem is not null
    order by e.place
    limit 1;
    if found then
        raise exception using
            errcode = 'PT400',
            constraint = 'invalid_person',
            message = format(
                'person %s of %s is not valid: %s', v_wrong.place, jsonb_array_length(p_people), v_wrong.problem
            ),
            detail = e'key: invalid_person\n' || 'Nobody in the list was enrolled.',
            hint = format('Elements may have %s; the first is required.', array_to_string(v_known, ', '));
    end if;
    v_blank.seats := 1;
    return array(
        select jsonb_populate_record(
            v_blank,
            e.item || jsonb_build_object(
                'student_email', nullif(trim(e.item ->> 'student_email'), ''),
                'student_phone', nullif(trim(e.item ->> 'student_phone'), ''),
                'seats', coalesce(trunc((e.item -> 'seats')::numeric), 1)
            )
        )
        from jsonb_array_elements(p_people) with ordinality as e (item, place)
        order by e.place
    );
end
$function$;

comment on function _read_people(jsonb) is
'Reads and checks a list of people to enroll without writing any. p_people: array of 1 to 1000 objects with student_name
and any of student_email, student_phone and seats (default 1, 1 to 10000). Returns an array of rows of enrollments in
the order of the list, with these four filled in. Raises PT400 invalid_people, PT400 too_many, PT400 invalid_person (the
message says which element and what is wrong).';

revoke all on function _read_people(jsonb) from public;
