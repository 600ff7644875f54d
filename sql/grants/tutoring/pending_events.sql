-- What has no position yet may still be overtaken, so nobody is to go by it.
grant select on table pending_events to sessionbook_app;
