-- requires: functions/_observe, functions/_run_facts, functions/lifecycle._is_clock
-- requires: functions/lifecycle._refuse_move, views/status_rules
-- security: it asks what only the owner may read (whether the clock makes the move), and calls what only the owner may
-- call. Nothing is written. What sets cause seats apart cannot be said by a caller: sessions come here only if a
-- statement names a status and leaves the seats alone; waitlist_entries are written by nobody but the owner; a run's
-- sessions are asked. Stable on purpose: the run's sessions are read as the statement that writes the run has read
-- them.
-- Locks: none.
create or replace function enforce_status()
returns trigger
language plpgsql
stable
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_machine constant text := tg_argv[0];
    v_from constant text := case tg_op when 'UPDATE' then old.status end;
    v_cause constant text := case
        when lifecycle._is_clock(pg_catalog.pg_trigger_depth() - 1) then 'clock'
        else 'person'
    end;
    v_rule text;
begin
    if exists (
        select
        from status_rules as r
        where r.machine = v_machine
            and r.from_status = v_from
            and r.to_status = new.status
            and (r.cause = v_cause or r.cause = 'seats' and r.machine = 'workshop.waitlist')
    ) then
        return new;
    end if;
    if v_machine = 'workshop.run' and new.status = (select f.status from _run_facts(new.id) as f) then
        return new;
    end if;
    begin
        perform lifecycle._refuse_move(tg_table_schema, v_machine, v_from, new.status, v_cause);
    exception
        when sqlstate 'PT400' or sqlstate 'PT409' then
            get stacked diagnostics v_rule = constraint_name;
            if not _observe(v_rule, v_machine, new.id::text, v_from, new.status) then
                raise;
            end if;
    end;
    return new;
end
$function$;

comment on function enforce_status() is
'Trigger function (before insert or update, row): checks column status against status_rules. Argument: the machine, such
as workshop.run. The cause of a move is clock while the clock moves its rows, else person; a move that only seats make
is accepted if the seats say so. A new row may have any known status. Returns the row. Raises PT400 unknown_status,
PT409 illegal_transition (detail: the moves allowed from here).';

revoke all on function enforce_status() from public;
