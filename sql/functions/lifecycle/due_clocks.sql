-- requires: functions/judged_at
-- security: the clock role asks which installations a run has to look at. What is called by name belongs to the owner
-- of schema lifecycle, and so does its schema; names are quoted as identifiers.
-- A unit without has_work() is always looked at, and so is one of which something is not ours or failed last time; if
-- asking fails all are: the pass says what is wrong. If nothing is due a run locks nothing.
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
    v_names text[];
    v_queries text;
begin
    select
        array_agg(c.schema_name),
        string_agg(
            format(
                case
                    when c.last_error is null and (
                        select bool_and(p.proowner = n.nspowner)
                        from pg_catalog.pg_namespace as n
                        inner join pg_catalog.pg_proc as p on n.oid = p.pronamespace
                        where n.nspname = c.schema_name
                            and pg_catalog.pg_get_userbyid(n.nspowner) = current_user
                            and p.proname = 'has_work'
                    ) then 'select %1$L where %1$I.has_work($1)'
                    else 'select %L'
                end,
                c.schema_name
            ),
            ' union all '
        )
    into v_names, v_queries
    from clocks as c
    where c.enabled;
    if v_names is not null then
        begin
            execute format('select array(%s)', v_queries) into v_names using v_now;
        exception
            when others then raise debug using errcode = sqlstate, message = sqlerrm;
        end;
    end if;
    -- Only then: to plan a sort is dear in a new connection.
    if cardinality(v_names) > 0 then
        return array(select u.name from unnest(v_names) as u (name) order by u.name);
    end if;
    return '{}';
end
$function$;

comment on function due_clocks(timestamptz) is
'Installations that a pass of the clock may have something to do for. p_now: time to judge by, for the owner only
(default lifecycle.now()). Returns their schemas in order. Raises PT400 invalid_fake_now.';

revoke all on function due_clocks(timestamptz) from public;
grant execute on function due_clocks(timestamptz) to sessionbook_clock;
