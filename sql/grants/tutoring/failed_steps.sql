-- Only the clock writes it, and retry_failed_step().
grant select on table failed_steps to sessionbook_app, sessionbook_reader, sessionbook_monitor;
