-- What browsers may read of unit tutoring: lessons of the student or tutor whom their token names by key. Run after
-- policies/browsers.sql, as docs/http.md says.
-- Policies ask no table that asks theirs.
select _open_to_browsers(array[$name$sessionbook_student$name$, $name$sessionbook_tutor$name$]);

-- Only as a key is written: a token opens a calendar that opens its tables too.
create or replace function claimed_key(p_name text)
returns integer
language sql
stable
security invoker
parallel safe
begin atomic
    select substring(claim(p_name) from '^[1-9][0-9]{0,8}$')::integer;
end;

comment on function claimed_key(text) is
'A key that the token names. p_name: the claim, student_id or tutor_id. Returns integer, null: it has none. Raises what
claim() raises.';

revoke all on function claimed_key(text) from public;
grant execute on function claimed_key(text) to sessionbook_student, sessionbook_tutor;

-- What browsers call instead of calendar_feed(), which trusts its arguments.
create or replace function own_calendar(p_scope text)
returns text
language sql
stable
security definer
parallel unsafe
set search_path from current
as $function$
    select calendar_feed(
        p_scope, case when p_scope in ('student', 'tutor') then claimed_key(p_scope || '_id') end::text
    );
$function$;

comment on function own_calendar(text) is
'The calendar of the student or tutor whom the token names. p_scope: student or tutor. Returns text as calendar_feed().
Raises PT400 unknown_scope, PT404 calendar_not_found: the token names none.';

revoke all on function own_calendar(text) from public;
grant execute on function own_calendar(text) to sessionbook_student, sessionbook_tutor;

select _show_to_browsers(
    r.tablename,
    r.kind,
    array[$name$sessionbook_student$name$, $name$sessionbook_tutor$name$],
    r.shown_if
)
from (
    values
    ('enrolled_students', 'student', $if$id = (select claimed_key('student_id'))$if$),
    ('enrolled_students', 'tutor', 'id = any(array(select c.student_id from enrolled_courses as c))'),
    ('tutors', 'student', 'id = any(array(select c.tutor_id from enrolled_courses as c))'),
    ('tutors', 'tutor', $if$id = (select claimed_key('tutor_id'))$if$),
    ('enrolled_courses', 'student', $if$student_id = (select claimed_key('student_id'))$if$),
    ('enrolled_courses', 'tutor', $if$tutor_id = (select claimed_key('tutor_id'))$if$),
    ('sessions', null, 'enrolled_courses_id = any(array(select c.id from enrolled_courses as c))'),
    ('whiteboard_sessions', null, 'id = any(array(select s.whiteboard_id from sessions as s))'),
    ('reschedules', null, 'session_id = any(array(select s.id from sessions as s))')
) as r (tablename, kind, shown_if);

grant select (id, full_name) on table tutors to sessionbook_student;
grant select on table enrolled_students, enrolled_courses, sessions, whiteboard_sessions, upcoming_sessions,
session_history, session_conflicts to sessionbook_student, sessionbook_tutor;
grant select (id, session_id, from_starts_at, from_ends_at, to_starts_at, to_ends_at, changed_at)
on table reschedules to sessionbook_student, sessionbook_tutor;
grant select on table tutors, no_show_rates to sessionbook_tutor;
