-- sessionbook_reader must not see phone numbers and addresses.
grant select on table trainers to sessionbook_app;
grant insert, update, delete on table trainers to sessionbook_writer;
grant select (
    id, first_name, last_name, type, company_name, buffer_before, buffer_after, created_at, updated_at, deleted_at
) on table trainers to sessionbook_reader;
