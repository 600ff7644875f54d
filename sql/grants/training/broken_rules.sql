-- Noted by the owner's triggers, by nobody else.
grant select on table broken_rules to sessionbook_app, sessionbook_reader;
