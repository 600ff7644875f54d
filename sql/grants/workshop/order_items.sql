grant select on table order_items to sessionbook_app;
grant insert, update, delete on table order_items to sessionbook_writer;
grant select on table order_items to sessionbook_reader;
