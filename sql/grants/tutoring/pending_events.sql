-- Events without a position may still change their order, so nobody should read them.
grant select on table pending_events to sessionbook_app;
