grant select, insert, update, delete on table trainer_qualifications to sessionbook_app;
grant select on table trainer_qualifications to sessionbook_reader;
