-- requires: functions/reminder_lead, functions/lifecycle.now
-- The clock and the lead are read in scalar subqueries: once a query, not once a row.
create or replace view session_workflows
with (security_invoker = true)
as
select
    w.session_id,
    w.enrolled_courses_id,
    w.status,
    w.starts_at,
    w.ends_at,
    w.next_step,
    w.next_step_at,
    w.next_step_at <= w.seen_at as overdue,
    w.reminder_id,
    w.reminder_state,
    w.reminder_reason,
    w.reminder_attempts,
    f.id as failed_step_id,
    f.message as failed_message,
    f.attempts as failed_attempts,
    f.id is not null and f.next_attempt_at is null as given_up
from (
    select
        s.id as session_id,
        s.enrolled_courses_id,
        s.status,
        s.starts_at,
        s.ends_at,
        c.seen_at,
        r.id as reminder_id,
        r.state as reminder_state,
        r.reason as reminder_reason,
        r.attempts as reminder_attempts,
        case
            when s.status = 'in_progress' then 'complete_sessions'
            when r.id is null and s.starts_at > c.seen_at then 'queue_reminders'
            else 'start_sessions'
        end as next_step,
        case
            when s.status = 'in_progress' then s.ends_at
            when r.id is null and s.starts_at > c.seen_at then s.starts_at - (select reminder_lead())
            else s.starts_at
        end as next_step_at
    from sessions as s
    cross join (select lifecycle.now() as seen_at) as c
    left join lateral (
        select x.id, x.state, x.reason, x.attempts
        from reminders as x
        where x.session_id = s.id and x.is_reminder and x.for_starts_at = s.starts_at
        order by x.id desc
        limit 1
    ) as r on true
    where s.status in ('scheduled', 'in_progress') and s.deleted_at is null
) as w
left join failed_steps as f
    on w.session_id::text = f.subject_id and w.next_step = f.step;

comment on view session_workflows is
'Every live session, scheduled or in progress: what comes next and when, as of lifecycle.now(), and how its reminder
stands. Give a session_id or enrolled_courses_id, or page by starts_at and session_id. Let the first page begin some
days ago (starts_at >= ...): without a start the query reads all past sessions.';
comment on column session_workflows.session_id is 'Key of the session.';
comment on column session_workflows.enrolled_courses_id is 'Course that the session is of; null: none.';
comment on column session_workflows.status is 'scheduled or in_progress.';
comment on column session_workflows.starts_at is 'Instant of the start.';
comment on column session_workflows.ends_at is 'Instant of the end.';
comment on column session_workflows.next_step is 'queue_reminders, start_sessions or complete_sessions.';
comment on column session_workflows.next_step_at is 'When that is due.';
comment on column session_workflows.overdue is 'True: due, but not yet done by a tick.';
comment on column session_workflows.reminder_id is 'Reminder of this start; null: not yet queued.';
comment on column session_workflows.reminder_state is
'queued, claimed, sent, failed, skipped, missed or prevented; null: not yet queued.';
comment on column session_workflows.reminder_reason is 'Why it was skipped, missed or prevented.';
comment on column session_workflows.reminder_attempts is 'How often couriers claimed it.';
comment on column session_workflows.failed_step_id is
'Key in failed_steps if the next step failed; null: it did not.';
comment on column session_workflows.failed_message is 'The error message.';
comment on column session_workflows.failed_attempts is 'How often it was tried.';
comment on column session_workflows.given_up is 'True: the clock does not try again; retry_failed_step() does.';

revoke all on table session_workflows from public;
grant select on table session_workflows to sessionbook_app, sessionbook_reader;
