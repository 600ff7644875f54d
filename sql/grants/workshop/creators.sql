-- sessionbook_reader must not see phone numbers and addresses, nor notes that may contain them.
grant select on table creators to sessionbook_app;
grant insert, update, delete on table creators to sessionbook_writer;
grant select (
    id, name, name_ar, username, is_active, created_at, updated_at
) on table creators to sessionbook_reader;
