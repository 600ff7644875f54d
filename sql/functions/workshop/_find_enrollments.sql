-- requires: functions/_phone_keys, functions/lifecycle.phone_key
-- No search_path of its own: inlined into the path of every seat. Two probes: one of e-mail addresses, one of phones.
-- Without a phone the second is not made at all.
create or replace function _find_enrollments(
    p_session_id uuid,
    p_student_email text,
    p_student_phone text,
    p_now timestamptz
)
returns table (enrollment_id uuid)
language sql
stable
security invoker
parallel safe
begin atomic
    select e.id
    from enrollments as e
    where e.session_id = p_session_id -- noqa: RF03
        and lower(e.student_email collate "C") = lower(p_student_email collate "C") -- noqa: RF03
        and (e.status = 'successful' or e.status = 'pending' and coalesce(e.expires_at > p_now, true)) -- noqa: RF03
    union all
    select e.id
    from enrollments as e
    where e.session_id = p_session_id -- noqa: RF03
        and p_student_phone is not null -- noqa: RF03
        and lifecycle.phone_key(e.student_phone) = any(
            _phone_keys(p_student_phone, (select g.country_code from settings as g)) -- noqa: RF03
        )
        and (e.student_email is null or p_student_email is null) -- noqa: RF03
        and (e.status = 'successful' or e.status = 'pending' and coalesce(e.expires_at > p_now, true)); -- noqa: RF03
end;

comment on function _find_enrollments(uuid, text, text, timestamptz) is
'Active enrollments of one student in a session: with the same e-mail address in any case of letters, or the same phone
number, however it is written, if one of the two has no address. p_session_id: the session; p_student_email,
p_student_phone: of the student, null: not given; p_now: time to judge by, holds that ran out are ignored. Returns keys
of enrollments. Raises nothing.';

revoke all on function _find_enrollments(uuid, text, text, timestamptz) from public;
