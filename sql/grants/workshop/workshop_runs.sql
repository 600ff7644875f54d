grant select on table workshop_runs to sessionbook_app;
grant insert, update, delete on table workshop_runs to sessionbook_writer;
grant select on table workshop_runs to sessionbook_reader;
