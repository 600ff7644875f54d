-- Reminders come before the start, so that a late one does not count as missed; corrections before reminders, so that
-- nothing is sent twice.
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
'The steps of this unit''s clock, in order; docs/operations.md describes them. No arguments. Returns text[]. Raises
nothing.';

revoke all on function steps() from public;
