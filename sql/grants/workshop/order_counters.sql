grant select on table order_counters to sessionbook_app, sessionbook_reader;
