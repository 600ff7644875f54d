-- requires: functions/_is_owner
-- A trigger that the caller has queued needs a write before it, so a transaction that has written nothing queues
-- nothing.
create or replace function _require_fresh_transaction()
returns void
language plpgsql
stable
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    if pg_catalog.pg_current_xact_id_if_assigned() is not null and not _is_owner() then
        raise exception using
            errcode = 'PT409',
            constraint = 'transaction_has_written',
            message = 'the clock cannot run in a transaction that has already written',
            detail = e'key: transaction_has_written\n'
                || 'Triggers that wait for the end of the transaction would run with the rights of the clock.',
            hint = 'Commit first, then call it in a transaction of its own.';
    end if;
end
$function$;

comment on function _require_fresh_transaction() is
'Refuses a transaction that has written, unless the login role is a member of the owner of schema lifecycle. No
arguments. Returns nothing. Raises PT409 transaction_has_written.';

revoke all on function _require_fresh_transaction() from public;
