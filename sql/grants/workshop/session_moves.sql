-- Callers' keys are read and written by the API alone.
grant select on table session_moves to sessionbook_app;
