grant usage on schema lifecycle
to sessionbook_app, sessionbook_reader, sessionbook_clock, sessionbook_courier, sessionbook_monitor;
