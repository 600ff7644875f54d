-- Money is recorded by the API alone. References may lead to people and are not for the reader.
grant select on table payments to sessionbook_app;
grant select (
    id, order_id, kind, amount, method, changed_by, actor, recorded_at
) on table payments to sessionbook_reader;
