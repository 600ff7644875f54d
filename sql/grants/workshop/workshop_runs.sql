grant select, insert, update, delete on table workshop_runs to sessionbook_app;
grant select on table workshop_runs to sessionbook_reader;
