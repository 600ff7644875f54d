-- Number and message are not for the reader.
grant select, insert, update, delete on table reminders to sessionbook_app;
grant select (
    id, session_id, kind, channel, due_at, for_starts_at, state, reason, attempts, next_attempt_at, claimed_by,
    lease_until, last_error, queued_at, settled_at
) on table reminders to sessionbook_reader;
