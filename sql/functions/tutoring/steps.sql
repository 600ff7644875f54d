-- Reminders come before the start, so that none is taken for missed that is only late; corrections before reminders, so
-- that what they say is not said twice.
create or replace function steps()
returns text[]
language sql
immutable
security invoker
parallel safe
set search_path from current
return array[
    'requeue_reminders', 'correct_reminders', 'queue_reminders', 'queue_alarms', 'start_sessions', 'complete_sessions',
    'miss_reminders'
];

comment on function steps() is
'The steps of this unit''s clock, in order: reminders that were skipped or prevented are queued again once nothing
stands in their way; who had a message that is not true any more gets a new one; reminders are queued (or skipped with
a reason) from reminder_lead before the start, alarms from alarm_before_minutes before it; sessions start, and a
reminder that was never queued is missed; sessions complete; reminders that are unsent at the start are missed. What an
outage left behind goes through all of them. No arguments. Returns text[]. Raises nothing.';

revoke all on function steps() from public;
