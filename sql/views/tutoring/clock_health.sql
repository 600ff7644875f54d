-- requires: functions/due_steps, functions/lifecycle.now
-- The columns are a contract: lifecycle.clock_health() reads this view in every installation, as the owner; nobody else
-- needs it.
create or replace view clock_health
with (security_invoker = true)
as
select
    d.overdue,
    d.oldest_overdue_at,
    f.retrying,
    f.given_up,
    r.reminders_waiting,
    r.oldest_reminder_at
from (
    select count(*) as overdue, min(s.due_at) as oldest_overdue_at
    from due_steps(lifecycle.now()) as s
    where s.step in ('start_sessions', 'complete_sessions')
        and not exists (
            select
            from failed_steps as x
            where x.step = s.step and x.subject_id = s.subject_id and x.next_attempt_at is null
        )
) as d
cross join (
    select
        count(*) filter (where x.next_attempt_at is not null) as retrying,
        count(*) filter (where x.next_attempt_at is null) as given_up
    from failed_steps as x
) as f
cross join (
    select count(*) as reminders_waiting, min(w.waits_since) as oldest_reminder_at
    from (
        select x.next_attempt_at as waits_since
        from reminders as x
        where x.state = 'queued' and x.next_attempt_at <= lifecycle.now()
        union all
        select x.lease_until
        from reminders as x
        where x.state = 'claimed' and x.lease_until <= clock_timestamp()
    ) as w
) as r;

comment on view clock_health is
'What waits for the clock and for couriers in this schema, one row; lifecycle.health combines all schemas.';
comment on column clock_health.overdue is
'Sessions that are due to start or to complete and have not moved, without those given up.';
comment on column clock_health.oldest_overdue_at is
'Since when the oldest of them is due; null: there is none.';
comment on column clock_health.retrying is 'Failed steps that will be tried again.';
comment on column clock_health.given_up is 'Failed steps that were given up.';
comment on column clock_health.reminders_waiting is
'Reminders that a courier could claim now, including those whose lease ran out.';
comment on column clock_health.oldest_reminder_at is
'Since when the oldest of them waits; null: there is none.';

revoke all on table clock_health from public;
