-- requires: functions/judged_at
-- security: the clock role asks which installations a run has to look at. What is called by name belongs to the owner
-- of schema lifecycle, and so does its schema; names are quoted as identifiers.
-- A unit without has_work() is always looked at, and so is one of which something is not ours, missing or failing: the
-- pass says what is wrong. If nothing is due a run writes and locks nothing but its own record. It sorts only if
-- something is due, because sorting is expensive in a new connection.
create or replace function due_clocks(p_now timestamptz default null)
returns text[]
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
set lock_timeout = '2s'
set jit = off
as $function$
declare
    v_now constant timestamptz := judged_at(p_now);
    v_due text[] := array[]::text[];
    v_clock record;
    v_has_work boolean;
begin
    for v_clock in
        select
            c.schema_name,
            c.last_error is null and (
                select bool_and(p.proowner = n.nspowner)
                from pg_catalog.pg_namespace as n
                inner join pg_catalog.pg_proc as p on n.oid = p.pronamespace
                where n.nspname = c.schema_name
                    and pg_catalog.pg_get_userbyid(n.nspowner) = current_user
                    and p.proname = 'has_work'
            ) as can_be_asked
        from clocks as c
        where c.enabled
    loop
        v_has_work := true;
        if v_clock.can_be_asked then
            begin
                execute format('select %I.has_work($1)', v_clock.schema_name) into v_has_work using v_now;
            exception
                when assert_failure or others then raise debug using errcode = sqlstate, message = sqlerrm;
            end;
        end if;
        if v_has_work then
            v_due := v_due || v_clock.schema_name;
        end if;
    end loop;
    if cardinality(v_due) > 1 then
        v_due := array(select u.name from unnest(v_due) as u (name) order by u.name);
    end if;
    return v_due;
end
$function$;

comment on function due_clocks(timestamptz) is
'Installations in which the clock may have something to do. p_now: time to judge by, for the owner only (default
lifecycle.now()). Returns their schemas in order. Raises PT400 invalid_fake_now.';

revoke all on function due_clocks(timestamptz) from public;
grant execute on function due_clocks(timestamptz) to sessionbook_clock;
