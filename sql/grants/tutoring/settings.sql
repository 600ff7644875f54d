-- Only the owner writes settings.
grant select on table settings to sessionbook_app, sessionbook_reader;
