-- The outbox is written by the clock and by the couriers' functions. sessionbook_reader must not see number and
-- message.
grant select on table reminders to sessionbook_app;
grant select (
    id, session_id, student_id, kind, is_reminder, channel, due_at, for_starts_at, state, reason, attempts,
    next_attempt_at, worker, lease_until, last_error, queued_at, settled_at
) on table reminders to sessionbook_reader;
