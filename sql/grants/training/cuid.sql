-- The default of every id.
grant execute on function cuid() to sessionbook_app;
