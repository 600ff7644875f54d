-- requires: functions/lifecycle.phone_key, functions/session_days, functions/lifecycle.now
-- Not for sessionbook_reader, because addresses and numbers decide who is the same person. Two rows a pair, one for
-- each session, so that a query about one session finds all that meets it. A session over several days meets another on
-- a day that both have.
-- Addresses and numbers have an arm each: each is a hash join, or an index look-up if a session is given. A join by one
-- or the other would compare every row with every row.
create or replace view attendee_conflicts
with (security_invoker = true)
as
with seated as not materialized (
    select
        e.id,
        e.student_name,
        e.student_email,
        e.student_phone,
        e.session_id,
        e.workshop_id,
        s.starts_at,
        s.ends_at,
        s.last_date > s.session_date as is_long
    from enrollments as e
    inner join workshop_sessions as s on e.session_id = s.id
    where s.status in ('upcoming', 'active', 'full')
        and (
            e.status = 'successful'
            or e.status = 'pending' and coalesce(e.expires_at > (select lifecycle.now()), true)
        )
),
pairs as (
    select
        a.id, a.student_name, a.session_id, a.workshop_id, a.starts_at, a.ends_at, a.is_long,
        b.id as other_id, b.session_id as other_session_id, b.workshop_id as other_workshop_id,
        b.starts_at as other_starts_at, b.ends_at as other_ends_at, b.is_long as other_is_long
    from seated as a
    inner join seated as b
        on lower(a.student_email collate "C") = lower(b.student_email collate "C") -- noqa: RF02
    union all
    select
        a.id, a.student_name, a.session_id, a.workshop_id, a.starts_at, a.ends_at, a.is_long,
        b.id as other_id, b.session_id as other_session_id, b.workshop_id as other_workshop_id,
        b.starts_at as other_starts_at, b.ends_at as other_ends_at, b.is_long as other_is_long
    from seated as a
    inner join seated as b
        on lifecycle.phone_key(b.student_phone) = nullif(lifecycle.phone_key(a.student_phone), '')
            and (a.student_email is null or b.student_email is null)
)
select
    p.id as enrollment_id,
    p.student_name,
    p.session_id,
    p.workshop_id,
    p.starts_at,
    p.ends_at,
    p.other_id as other_enrollment_id,
    p.other_session_id,
    p.other_workshop_id,
    p.other_starts_at,
    p.other_ends_at
from pairs as p
where p.session_id <> p.other_session_id
    and p.starts_at < p.other_ends_at
    and p.other_starts_at < p.ends_at
    and (
        not (p.is_long or p.other_is_long)
        or exists (
            select
            from session_days(p.session_id) as x
            inner join session_days(p.other_session_id) as y on x.day = y.day
        )
    );

comment on view attendee_conflicts is
'People who are enrolled in two sessions at the same time. People are the same by the rule of enroll(): the same e-mail
address, or the same phone number if one of the two has no address. One row for each of the two sessions. Past and
cancelled sessions are left out; sessions over several days conflict on a day that both have. This is a warning only.';
comment on column attendee_conflicts.enrollment_id is 'Key of the enrollment.';
comment on column attendee_conflicts.student_name is 'The person with the conflict.';
comment on column attendee_conflicts.session_id is 'Key of the session.';
comment on column attendee_conflicts.workshop_id is 'Workshop that it is of.';
comment on column attendee_conflicts.starts_at is 'When it starts.';
comment on column attendee_conflicts.ends_at is 'When it ends.';
comment on column attendee_conflicts.other_enrollment_id is 'Key of the other enrollment.';
comment on column attendee_conflicts.other_session_id is 'Key of the other session.';
comment on column attendee_conflicts.other_workshop_id is 'Workshop that the other one is of.';
comment on column attendee_conflicts.other_starts_at is 'When the other one starts.';
comment on column attendee_conflicts.other_ends_at is 'When the other one ends.';

revoke all on table attendee_conflicts from public;
grant select on table attendee_conflicts to sessionbook_app;
