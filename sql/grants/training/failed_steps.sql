-- retry_failed_step() and the moves of sessions write it.
grant select, insert, update, delete on table failed_steps to sessionbook_app;
grant select on table failed_steps to sessionbook_reader;
