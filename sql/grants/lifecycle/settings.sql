grant select on table settings
to sessionbook_app, sessionbook_reader, sessionbook_clock, sessionbook_courier, sessionbook_monitor;
