-- requires: functions/_check_deferred, functions/_forget_steps, functions/_require_trusted, functions/_table_holders
-- requires: functions/_take_step, functions/judged_at
-- security: called by entry points that refuse a transaction with writes of the caller. What it reads, writes and calls
-- by name belongs to the owner of schema lifecycle; names are quoted as identifiers.
-- Locks: the row of clocks, passed over if somebody holds it; then what is due, passing over what somebody holds, each
-- step's rows before the next step's; then rows of failed_steps, passing over those that a retry holds. What cannot be
-- passed over is waited for two seconds, row by row a tenth of a second.
create or replace function advance(
    p_schema_name text,
    p_now timestamptz default null,
    p_limit integer default 5000
)
returns table (step text, moved bigint, failed bigint)
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
    v_steps text[];
    v_ids text[];
    v_failed_before text[];
    v_free text[];
    v_done record;
    v_moved bigint[] := array[]::bigint[];
    v_failed bigint[] := array[]::bigint[];
    v_error text;
    v_ended timestamptz;
begin
    if p_limit is null or p_limit not between 1 and 1000000 then
        raise exception using
            errcode = 'PT400',
            constraint = 'invalid_limit',
            message = format('p_limit is %s, it must be from 1 to 1000000', coalesce(p_limit::text, 'null')),
            detail = e'key: invalid_limit\n' || 'The limit is the most rows that one step of one installation moves in a pass.',
            hint = 'Leave p_limit out for 5000.';
    end if;
    -- Outside of any block: the row shows the number of the transaction then, by which others find who holds it.
    perform
    from clocks as c
    where c.schema_name = p_schema_name and c.enabled
    for no key update skip locked;
    if not found then
        return;
    end if;
    -- The owner's own pending failure is the owner's, not a row's.
    perform _check_deferred(p_schema_name);
    begin
        perform _require_trusted(p_schema_name);
        perform _forget_steps(p_schema_name, v_now);
        execute format('select %I.steps()', p_schema_name) into v_steps;
        for i in 1 .. cardinality(v_steps) loop
            perform pg_catalog.set_config('lock_timeout', '2s', true);
            execute format('select %I.due_rows($1, $2, $3)', p_schema_name) into v_ids using v_steps[i], v_now, p_limit;
            -- Those that failed before go apart, so that the sound ones can go all at once.
            execute format(
                'select array(select f.subject_id from %1$I.failed_steps as f'
                ' where f.step = $1 and f.subject_id = any($2)),'
                ' array(select f.subject_id from %1$I.failed_steps as f'
                ' where f.step = $1 and f.subject_id = any($2) for no key update skip locked)',
                p_schema_name
            ) into v_failed_before, v_free using v_steps[i], v_ids;
            select coalesce(sum(t.moved), 0) as moved, coalesce(sum(t.failed), 0) as failed
            into v_done
            from (
                values (array(select u.id from unnest(v_ids) as u (id) where u.id <> all(v_failed_before))), (v_free)
            ) as g (ids)
            cross join lateral _take_step(p_schema_name, v_steps[i], g.ids, v_now) as t
            where g.ids <> '{}';
            v_moved := v_moved || v_done.moved::bigint;
            v_failed := v_failed || v_done.failed::bigint;
        end loop;
        perform _forget_steps(p_schema_name, v_now);
        v_ended := pg_catalog.clock_timestamp();
        update clocks as c
        set last_ok_at = v_ended, last_error = null
        where c.schema_name = p_schema_name;
    exception
        -- One installation's failure never stops another's: it is kept, returned, and written to the server's log.
        when others then
            v_error := concat_ws('; ', sqlstate || ' ' || left(sqlerrm, 1000), case sqlstate
                when '55P03' then _table_holders(p_schema_name)
            end);
            raise warning using
                errcode = sqlstate,
                message = format('Sessionbook: the clock of %s failed: %s', p_schema_name, v_error);
            update clocks as c
            set last_error = v_error
            where c.schema_name = p_schema_name;
            v_steps := array['advance'];
            v_moved := array[0];
            v_failed := array[1];
    end;
    return query select u.step, u.moved, u.failed from unnest(v_steps, v_moved, v_failed) as u (step, moved, failed);
end
$function$;

comment on function advance(text, timestamptz, integer) is
'The engine of steps: one pass over one installation. Each of its steps() moves what due_rows() finds, all at once by
apply_step(), or one by one if that fails, so that the sound rows move and the others are in failed_steps.
p_schema_name: schema of the installation; p_now: time to judge by, for the owner only (default lifecycle.now());
p_limit: most rows a step, 1 to 1000000 (default 5000). Returns step, moved, failed, one row a step; no row if the
installation is unknown, paused or being moved by somebody else; one row named advance with failed = 1 if the pass
failed (the reason is in lifecycle.clocks.last_error and in the server''s log). Raises PT400 invalid_limit.';

revoke all on function advance(text, timestamptz, integer) from public;
