-- The sort_name of personnel, and whoever searches.
grant execute on function fold_name(text) to sessionbook_app;
