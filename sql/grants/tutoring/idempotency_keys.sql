grant select on table idempotency_keys to sessionbook_app;
