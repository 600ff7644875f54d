-- What is wrong for every row (a missing function, a full disk) fails the pass, so that it is seen at once.
create or replace function _is_fault_of_row(p_sqlstate text)
returns boolean
language sql
stable
security invoker
parallel safe
set search_path from current
return left(p_sqlstate, 2) not in ('25', '3F', '42', '53', '57', '58', 'XX')
-- A snapshot that is too old is so for all rows.
and not (
    p_sqlstate = '40001'
    and pg_catalog.current_setting('transaction_isolation') in ('repeatable read', 'serializable')
);

comment on function _is_fault_of_row(text) is
'Whether a failure may be one row''s own, so that other rows can go on. It is not if it is about missing or forbidden
objects (class 42, 3F), the state of the transaction (25), resources, operators or the system (53, 57, 58, XX), or a
snapshot that the transaction keeps (40001). p_sqlstate: code of the failure. Returns boolean. Raises nothing.';

revoke all on function _is_fault_of_row(text) from public;
