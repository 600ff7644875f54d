-- Only the owner's triggers write it.
grant select on table broken_rules to sessionbook_app, sessionbook_reader;
