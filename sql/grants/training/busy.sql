-- The exclusion constraints call it for whoever writes a session.
grant execute on function busy(timestamptz, timestamptz, interval, interval) to sessionbook_app;
