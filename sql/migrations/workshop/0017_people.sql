-- People are known by their numbers however these are written, come or do not, and may be too few.
-- depends: 0016_run_waiting_lists
--
-- Why:      +965 5000 1234 and 0096550001234 are one person; who came on which day decides who completed; the clock
--           asks whether a session has enough people, at the time that was set for it.
-- Locks:    access exclusive on enrollments and workshop_sessions for the length of the transaction: nothing is
--           rewritten, but an index and a check read each.
-- Data:     none; numbers stay as they were written.
-- Rollback: 0017_people.rollback.sql drops marks of attendance and minimums; completion_status stays.
drop index enrollments_student_phone_idx;
-- Written out as phone_key() is, which is inlined.
create index enrollments_student_phone_idx on enrollments (
    ltrim(
        regexp_replace(
            translate(student_phone, '٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹', '01234567890123456789'), '[^0-9]+', '', 'g'
        ),
        '0'
    ),
    session_id
);

alter table settings
add column country_code text,
add column completion_share numeric not null default 1,
add constraint settings_country_code_check check (country_code ~ '^[1-9][0-9]{0,3}$'),
add constraint settings_completion_share_check check (completion_share > 0 and completion_share <= 1);
comment on column settings.country_code is
'Country code that phone numbers without one have, such as 965; null: numbers are compared as they are.';
comment on column settings.completion_share is
'Share of a session''s days that somebody has to attend to complete it, above 0 and at most 1.';

alter table workshop_sessions
add column min_attendees integer,
add column decide_at timestamptz,
add column minimum_asked_at timestamptz,
-- PostgreSQL parses the text of every check again for every booking. From here on, triggers check the columns that a
-- booking does not change.
drop constraint workshop_sessions_booking_window_check,
drop constraint workshop_sessions_duration_check,
drop constraint workshop_sessions_end_date_check,
drop constraint workshop_sessions_current_attendees_check,
drop constraint workshop_sessions_max_attendees_check,
drop constraint workshop_sessions_waiting_count_check;
comment on column workshop_sessions.min_attendees is
'Seats that must be taken by decide_at for the session to take place; null or 0: no minimum.';
comment on column workshop_sessions.decide_at is 'When the clock checks whether min_attendees is reached; null: never.';
comment on column workshop_sessions.minimum_asked_at is
'When the clock checked min_attendees; it checks again after a later decide_at. Null: never.';
create index workshop_sessions_decide_at_idx on workshop_sessions (decide_at)
where min_attendees > 0 and (minimum_asked_at is null or minimum_asked_at < decide_at);

create table attendance (
    enrollment_id uuid not null,
    day date not null,
    status text not null,
    changed_by text not null,
    actor text not null,
    marked_at timestamptz not null,
    constraint attendance_pkey primary key (enrollment_id, day),
    constraint attendance_enrollment_id_fkey foreign key (enrollment_id) references enrollments (id) on delete cascade,
    constraint attendance_status_check check (status in ('attended', 'absent'))
);
comment on table attendance is 'Attendance by day of a session; no row: not marked.';
comment on column attendance.enrollment_id is 'Enrollment that came.';
comment on column attendance.day is 'Local day of the session.';
comment on column attendance.status is 'attended or absent.';
comment on column attendance.changed_by is 'Database role that marked it: that of SET ROLE, else the login role.';
comment on column attendance.actor is
'Who acted, as the application says (setting sessionbook.actor, else the claim sub of the token), else the login role;
no proof. Personal.';
comment on column attendance.marked_at is 'When it was marked.';

revoke all on attendance from public;
