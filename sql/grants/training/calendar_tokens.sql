-- sessionbook_reader must not see it, because the subject may be a person. Nobody may read the hash, which only
-- calendar_feed_by_token() compares.
grant select (id, scope, subject_id, actor, created_at, revoked_at) on table calendar_tokens to sessionbook_app;
