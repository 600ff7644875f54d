-- sessionbook_reader must not see phone numbers and addresses.
grant select on table enrolled_students to sessionbook_app;
grant select (id, full_name, timezone, created_at, updated_at) on table enrolled_students to sessionbook_reader;
grant insert, update, delete on table enrolled_students to sessionbook_writer;
