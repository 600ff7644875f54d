-- requires: functions/clock_health
create or replace view overview
with (security_invoker = true)
as
select
    c.schema_name,
    c.unit,
    case
        when not c.enabled then 'paused'
        when c.error is not null then 'failing'
        when c.given_up > 0 then 'given_up'
        when c.overdue > 0 then 'overdue'
        else 'ok'
    end as state,
    c.overdue,
    c.oldest_overdue_at,
    c.retrying,
    c.given_up,
    c.reminders_waiting,
    c.oldest_reminder_at,
    c.held_by,
    c.error
from clock_health() as c;

comment on view overview is
'One row an installation whose failed_steps the reader may read (sessionbook_monitor: all): what its clock has to do and
what blocks it, as of lifecycle.now(). lifecycle.health combines all of them in one row.';
comment on column overview.schema_name is 'Schema of the installation.';
comment on column overview.unit is 'Its unit, such as workshop.';
comment on column overview.state is
'ok; overdue (something is due and has not moved yet); given_up (steps wait for a person); failing (see error); or
paused.';
comment on column overview.overdue is 'Sessions that are due and have not moved, without those given up.';
comment on column overview.oldest_overdue_at is 'Since when the oldest of them is due; null: none is.';
comment on column overview.retrying is 'Failed steps that will be tried again.';
comment on column overview.given_up is
'Failed steps that were given up: remove the cause and call retry_failed_step().';
comment on column overview.reminders_waiting is 'Reminders that are due and not sent.';
comment on column overview.oldest_reminder_at is 'Since when the oldest of them is due; null: none is.';
comment on column overview.held_by is 'Processes and prepared transactions that have locked what is due; null: none.';
comment on column overview.error is 'The newest failure of its clock, or of reading it; null: none.';

revoke all on table overview from public;
grant select on table overview to sessionbook_common;
