grant select on table enrolled_courses to sessionbook_app, sessionbook_reader;
grant insert, update, delete on table enrolled_courses to sessionbook_writer;
