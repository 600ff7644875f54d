grant select on table trainer_qualifications to sessionbook_app, sessionbook_reader;
grant insert, update, delete on table trainer_qualifications to sessionbook_writer;
