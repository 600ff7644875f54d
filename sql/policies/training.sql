-- What browsers may read of unit training: sessions of the trainer, or those that the person attends, whom their token
-- names by key. Run after policies/browsers.sql, as docs/http.md says.
-- Policies ask no table that asks theirs.
select _open_to_browsers(array[$name$sessionbook_trainer$name$, $name$sessionbook_attendee$name$]);

-- What browsers call instead of calendar_feed(), which trusts its arguments.
create or replace function own_calendar(p_scope text)
returns text
language sql
stable
security definer
parallel unsafe
set search_path from current
as $function$
    select calendar_feed(p_scope, case when p_scope in ('trainer', 'person') then claim(p_scope || '_id') end);
$function$;

comment on function own_calendar(text) is
'The calendar of the trainer or person whom the token names. p_scope: trainer or person. Returns text as
calendar_feed(). Raises PT400 unknown_scope, PT404 calendar_not_found: the token names none.';

revoke all on function own_calendar(text) from public;
grant execute on function own_calendar(text) to sessionbook_trainer, sessionbook_attendee;

-- Drafts are for who teaches them. Courses and rooms are the same for all.
select _show_to_browsers(
    r.tablename,
    r.kind,
    array[$name$sessionbook_trainer$name$, $name$sessionbook_attendee$name$],
    r.shown_if
)
from (
    values
    ('trainers', 'trainer', $if$id = (select claim('trainer_id'))$if$),
    ('trainers', 'attendee', 'id = any(array(select s.trainer_id from sessions as s))'),
    ('trainer_qualifications', 'trainer', $if$trainer_id = (select claim('trainer_id'))$if$),
    ('availability_rules', 'trainer', $if$trainer_id = (select claim('trainer_id'))$if$),
    ('absences', 'trainer', $if$trainer_id = (select claim('trainer_id'))$if$),
    ('sessions', 'trainer', $if$trainer_id = (select claim('trainer_id'))$if$),
    ('sessions', 'attendee', $if$status <> 'DRAFT'
        and id = any(array(select a.session_id from session_attendees as a))$if$),
    ('session_attendees', 'trainer', 'session_id = any(array(select s.id from sessions as s))'),
    ('session_attendees', 'attendee', $if$personnel_id = (select claim('person_id'))$if$),
    ('personnel', 'trainer', 'id = any(array(select a.personnel_id from session_attendees as a))'),
    ('personnel', 'attendee', $if$id = (select claim('person_id'))$if$),
    ('compliance_items', 'attendee', $if$personnel_id = (select claim('person_id'))$if$)
) as r (tablename, kind, shown_if);

grant select on table courses, venues to sessionbook_trainer, sessionbook_attendee;
grant select on table trainers, trainer_qualifications, availability_rules, absences, sessions, session_attendees,
session_roster to sessionbook_trainer;
grant select (id, first_name, last_name) on table personnel to sessionbook_trainer, sessionbook_attendee;
grant select (id, first_name, last_name) on table trainers to sessionbook_attendee;
grant select (id, course_id, trainer_id, venue_id, start_time, end_time, status, deleted_at)
on table sessions to sessionbook_attendee;
grant select (session_id, personnel_id, status) on table session_attendees to sessionbook_attendee;
grant select (id, personnel_id, course_id, status, expiry_date) on table compliance_items to sessionbook_attendee;
grant select on table attendee_conflicts to sessionbook_attendee;
