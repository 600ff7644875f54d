-- Counted by triggers alone.
grant select on table session_revisions to sessionbook_app, sessionbook_reader;
