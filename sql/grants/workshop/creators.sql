-- Phone numbers and addresses, and notes that may hold them, are not for the reader.
grant select on table creators to sessionbook_app;
grant insert, update, delete on table creators to sessionbook_writer;
grant select (
    id, name, name_ar, username, is_active, created_at, updated_at
) on table creators to sessionbook_reader;
