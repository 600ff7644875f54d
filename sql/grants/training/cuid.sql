-- The default of every id, which whoever inserts calls.
grant execute on function cuid() to sessionbook_app;
