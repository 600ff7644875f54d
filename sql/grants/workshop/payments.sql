-- Money is recorded by the API alone. sessionbook_reader must not see references, which may identify people.
grant select on table payments to sessionbook_app;
grant select (
    id, order_id, kind, amount, method, changed_by, actor, recorded_at
) on table payments to sessionbook_reader;
