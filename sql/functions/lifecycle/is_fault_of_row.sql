-- Asked where a step of the clock fails: what no row is to blame for is raised, so that it stops the pass.
create or replace function is_fault_of_row(p_sqlstate text)
returns boolean
language sql
stable
security invoker
parallel safe
set search_path from current
as $function$
    select left(p_sqlstate, 2) not in ('53', '57', '58', 'XX')
        -- A snapshot that is too old is so for all rows.
        and not (
            p_sqlstate = '40001'
            and pg_catalog.current_setting('transaction_isolation') in ('repeatable read', 'serializable')
        );
$function$;

comment on function is_fault_of_row(text) is
'Whether a failure may be a row''s own, so that other rows can go on: not one of resources, operators or the system, nor
of a snapshot that the transaction keeps. p_sqlstate: code of the failure. Returns boolean. Raises nothing.';

revoke all on function is_fault_of_row(text) from public;
grant execute on function is_fault_of_row(text) to sessionbook_app;
