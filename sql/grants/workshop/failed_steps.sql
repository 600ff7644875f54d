-- Nobody but the engine writes it.
grant select on table failed_steps to sessionbook_app, sessionbook_reader, sessionbook_monitor;
