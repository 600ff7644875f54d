-- The default of every id, which every role that inserts calls.
grant execute on function cuid() to sessionbook_app;
