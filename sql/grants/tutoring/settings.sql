-- The lead is the operator's: the owner sets it.
grant select on table settings to sessionbook_app, sessionbook_reader;
