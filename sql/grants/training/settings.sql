-- What an operator sets is the owner's to write.
grant select on table settings to sessionbook_app, sessionbook_reader;
