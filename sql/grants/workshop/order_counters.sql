grant select, insert, update, delete on table order_counters to sessionbook_app;
grant select on table order_counters to sessionbook_reader;
