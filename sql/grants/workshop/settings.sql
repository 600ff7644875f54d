grant select, update on table settings to sessionbook_app;
grant select on table settings to sessionbook_reader;
