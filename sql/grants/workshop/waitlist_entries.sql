-- The queue is written by the API alone. sessionbook_reader must not see phone numbers and addresses.
grant select on table waitlist_entries to sessionbook_app;
grant select (
    id, session_id, student_name, seats, priority, status, joined_at, offered_at, offer_expires_at, enrollment_id,
    run_id, run_entry_id
) on table waitlist_entries to sessionbook_reader;
