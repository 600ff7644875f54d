-- A reminder that is settled stands at that time, another one at the time it was queued: one arm each, because each has
-- its own index.
create or replace view workflow_log
with (security_invoker = true)
as
select
    c.changed_at as logged_at,
    c.subject_id::integer as session_id,
    case c.to_status
        when 'in_progress' then 'start'
        when 'completed' then 'complete'
        when 'cancelled' then 'cancel'
        when 'no_show' then 'no_show'
        else 'schedule'
    end as step,
    'done' as outcome,
    format('%s to %s', coalesce(c.from_status, 'none'), coalesce(c.to_status, 'none')) as detail,
    1 as attempts,
    c.cause,
    c.changed_by,
    c.actor
from status_changes as c
where c.machine = 'tutoring.session'
union all
select
    m.changed_at,
    m.session_id,
    'reschedule',
    'done',
    format('from %s to %s', m.from_starts_at, m.to_starts_at),
    1,
    'person',
    m.changed_by,
    m.actor
from reschedules as m
union all
select
    r.settled_at,
    r.session_id,
    case r.kind when 'starts_soon' then 'reminder' else r.kind end,
    case r.state when 'sent' then 'done' else r.state end,
    coalesce(r.reason, case when r.state = 'failed' then r.last_error end),
    r.attempts,
    'clock',
    null,
    r.worker
from reminders as r
where r.settled_at is not null
union all
select
    r.queued_at,
    r.session_id,
    case r.kind when 'starts_soon' then 'reminder' else r.kind end,
    'queued',
    coalesce(r.reason, r.last_error),
    r.attempts,
    'clock',
    null,
    r.worker
from reminders as r
where r.state in ('queued', 'claimed')
union all
select
    f.failed_at,
    case
        when f.step in ('requeue_reminders', 'miss_reminders')
            then (select r.session_id from reminders as r where r.id = f.subject_id::bigint)
        else f.subject_id::integer
    end,
    case f.step
        when 'start_sessions' then 'start'
        when 'complete_sessions' then 'complete'
        when 'queue_alarms' then 'alarm'
        else 'reminder'
    end,
    'failed',
    format('%s %s', f.sqlstate, f.message),
    f.attempts,
    'clock',
    null,
    null
from failed_steps as f;

comment on view workflow_log is
'Every step of every session: done, skipped and why, failed and how often. Give a session_id, or a span of logged_at (a
day, say), which is then read as a whole; order by logged_at.';
comment on column workflow_log.logged_at is 'When, by lifecycle.now().';
comment on column workflow_log.session_id is 'Session that the step was of.';
comment on column workflow_log.step is
'reminder, alarm, changed, cancelled (messages), start, complete, cancel, no_show, schedule or reschedule.';
comment on column workflow_log.outcome is 'done, queued, skipped, missed, prevented or failed.';
comment on column workflow_log.detail is 'The move, the reason or the error.';
comment on column workflow_log.attempts is 'How often it was tried.';
comment on column workflow_log.cause is 'clock or person.';
comment on column workflow_log.changed_by is 'Role that did it; null: a courier, or nobody yet.';
comment on column workflow_log.actor is
'Who did it, as the application says, or the courier; null: nobody yet.';

revoke all on table workflow_log from public;
grant select on table workflow_log to sessionbook_app, sessionbook_reader;
