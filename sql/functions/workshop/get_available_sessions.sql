-- requires: functions/_bookable_sessions, functions/ensure_default_workshop_run, functions/lifecycle.now
-- security: it reads sessions of the workshop that is named, and writes what ensure_default_workshop_run() writes.
-- Locks: none if something is bookable; else as ensure_default_workshop_run().
-- The join and the handler are as in get_next_available_session().
create or replace function get_available_sessions(p_workshop_id uuid)
returns setof workshop_sessions
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
begin
    return query
    select b.*
    from workshop_sessions as s
    right join _bookable_sessions(p_workshop_id, 1, v_now) as b on s.id = b.id; -- noqa: CV08
    -- On a standby or in a read-only transaction nothing can be written.
    if found
        or pg_catalog.current_setting('transaction_read_only')::boolean
        or ensure_default_workshop_run(p_workshop_id) is null
    then
        return;
    end if;
    return query
    select b.*
    from workshop_sessions as s
    right join _bookable_sessions(p_workshop_id, 1, v_now) as b on s.id = b.id; -- noqa: CV08
exception
    when datatype_mismatch then
        raise exception using
            errcode = '55P03',
            constraint = 'table_altered',
            message = 'workshop_sessions gained a column while this call waited for it',
            detail = e'key: table_altered\n' || sqlerrm,
            hint = 'Nothing was changed; repeat the call.';
end
$function$;

comment on function get_available_sessions(uuid) is
'Sessions of a workshop that can be booked now, soonest first: on sale, with a run, with a seat left. If there is none,
sessions without a run are first put into the default run, unless the transaction is read-only. p_workshop_id: the
workshop. Returns rows of workshop_sessions; none if nothing can be booked. Raises PT404 workshop_not_found, 55P03
table_altered (an upgrade changed the table: call it again).';

revoke all on function get_available_sessions(uuid) from public;
grant execute on function get_available_sessions(uuid) to sessionbook_app;
