grant select on table sessions_unmapped to sessionbook_app, sessionbook_reader;
