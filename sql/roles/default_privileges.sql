-- Global on purpose: narrowed to a schema, the revoke has no effect on PostgreSQL's built-in default.
alter default privileges revoke execute on functions from public;
