grant select, insert, update, delete on table order_items to sessionbook_app;
grant select on table order_items to sessionbook_reader;
