-- The views of health read it; nobody but the owner's triggers and the clock write it.
grant select on table stale_runs to sessionbook_app, sessionbook_reader;
