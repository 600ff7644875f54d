-- The subject may be a person: not for the reader. Without the hash, which only calendar_feed_by_token() compares.
grant select (id, scope, subject_id, actor, created_at, revoked_at) on table calendar_tokens to sessionbook_app;
