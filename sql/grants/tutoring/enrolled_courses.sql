grant select, insert, update, delete on table enrolled_courses to sessionbook_app;
grant select on table enrolled_courses to sessionbook_reader;
