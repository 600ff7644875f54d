-- The clock alone writes them; retry_failed_step() is for everybody who may call it.
grant select on table failed_steps to sessionbook_app, sessionbook_reader, sessionbook_monitor;
