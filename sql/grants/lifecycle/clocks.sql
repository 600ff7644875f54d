grant select on table clocks to sessionbook_app, sessionbook_reader, sessionbook_clock, sessionbook_monitor;
