-- The engine writes it, as the owner.
grant select on table failed_steps to sessionbook_app, sessionbook_reader, sessionbook_monitor;
