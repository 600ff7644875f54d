-- The exclusion constraints call it for a caller that writes a session.
grant execute on function busy(timestamptz, timestamptz, interval, interval) to sessionbook_app;
