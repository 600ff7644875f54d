-- requires: functions/_bookable_sessions, functions/ensure_default_workshop_run, functions/lifecycle.now
-- security: it reads sessions of the workshop that is named, and writes what ensure_default_workshop_run() writes.
-- Locks: none if something is bookable; else as ensure_default_workshop_run(). The booking call locks the session
-- row
-- then, and may find it taken.
-- The join does nothing (the planner drops it) but have a kept plan notice that the table gained a column, which a plan
-- that names functions alone does not. The table comes first, because names are looked up in this order, and this look
-- waits for a caller that alters it. A call that waited here has promised rows as they were, so it can only be made
-- again.
create or replace function get_next_available_session(
    p_workshop_id uuid,
    p_seats integer default 1
)
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
    if p_seats is null or p_seats < 1 then
        raise exception using
            errcode = 'PT400',
            constraint = 'seats_not_positive',
            message = format('cannot look for %s seats', coalesce(p_seats::text, 'null')),
            detail = e'key: seats_not_positive\n' || 'p_seats must be 1 or more.',
            hint = 'Leave p_seats out for one seat.';
    end if;
    return query
    select b.*
    from workshop_sessions as s
    right join _bookable_sessions(p_workshop_id, p_seats, v_now) as b on s.id = b.id -- noqa: CV08
    limit 1;
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
    right join _bookable_sessions(p_workshop_id, p_seats, v_now) as b on s.id = b.id -- noqa: CV08
    limit 1;
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

comment on function get_next_available_session(uuid, integer) is
'The soonest session of a workshop with enough free seats and a run. If there is none, sessions without a run are first
put into the default run, unless the transaction is read-only. p_workshop_id: the workshop; p_seats: seats wanted
(default 1, at least 1). Returns zero or one row of workshop_sessions. Raises PT400 seats_not_positive, PT404
workshop_not_found, 55P03 table_altered (an upgrade changed the table: call it again).';

revoke all on function get_next_available_session(uuid, integer) from public;
grant execute on function get_next_available_session(uuid, integer) to sessionbook_app;
