-- requires: functions/due_steps, functions/lifecycle.now
-- The columns are a contract: lifecycle.clock_health() reads this view in every copy.
create or replace view clock_health
with (security_invoker = true)
as
select
    d.overdue,
    d.oldest_overdue_at,
    f.retrying,
    f.given_up,
    0::bigint as reminders_waiting,
    null::timestamptz as oldest_reminder_at
from (
    select count(*) as overdue, min(s.due_at) as oldest_overdue_at
    from due_steps(lifecycle.now()) as s
    -- Since when free seats could have been offered is not known.
    where s.step <> 'offer_seats'
        and not exists (
            select
            from failed_steps as x
            where x.step = s.step
                and x.subject_id = s.subject_id
                and x.next_attempt_at is null
        )
) as d
cross join (
    select
        count(*) filter (where x.next_attempt_at is not null) as retrying,
        count(*) filter (where x.next_attempt_at is null) as given_up
    from failed_steps as x
) as f;

comment on view clock_health is
'What waits for the clock in this schema, one row; lifecycle.health combines all schemas.';
comment on column clock_health.overdue is
'Sessions, holds, offers and runs that are due and have not moved, without those given up.';
comment on column clock_health.oldest_overdue_at is 'Since when the oldest of them is due; null: there is none.';
comment on column clock_health.retrying is 'Failed steps that will be tried again.';
comment on column clock_health.given_up is 'Failed steps that were given up.';
comment on column clock_health.reminders_waiting is 'Reminders due and not sent; workshops send none.';
comment on column clock_health.oldest_reminder_at is 'Since when the oldest of them is due; null: there is none.';

revoke all on table clock_health from public;
grant select on table clock_health to sessionbook_app, sessionbook_reader;
