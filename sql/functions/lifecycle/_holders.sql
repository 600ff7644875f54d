-- requires: functions/_describe_holder
-- The xmax of a row is the transaction that has locked or changed it, or the number of a list of such transactions,
-- which looks the same.
create or replace function _holders(p_xmax xid[])
returns text
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_xmax xid;
    v_holders xid[] := p_xmax;
begin
    foreach v_xmax in array coalesce(p_xmax, '{}') loop
        begin
            v_holders := v_holders || array(select m.xid from pg_catalog.pg_get_multixact_members(v_xmax) as m);
        exception
            -- It is not a list.
            when invalid_parameter_value or internal_error then null;
        end;
    end loop;
    return (
        select string_agg(distinct _describe_holder(l.pid, l.virtualtransaction), ', ')
        from pg_catalog.pg_locks as l
        where l.locktype = 'transactionid'
            and l.granted
            and l.transactionid = any(v_holders)
            and l.pid is distinct from pg_catalog.pg_backend_pid()
    );
end
$function$;

comment on function _holders(xid[]) is
'Who holds rows. p_xmax: the rows'' xmax. Returns the processes and prepared transactions, null if nobody holds them.
Raises nothing.';

revoke all on function _holders(xid[]) from public;
