-- sessionbook_reader must not see phone numbers and addresses.
grant select on table tutors to sessionbook_app;
grant select (id, full_name, created_at, updated_at) on table tutors to sessionbook_reader;
grant insert, update, delete on table tutors to sessionbook_writer;
