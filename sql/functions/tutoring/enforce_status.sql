-- requires: functions/_observe, functions/lifecycle._is_clock, functions/lifecycle._refuse_move, views/status_rules
-- security: asks whether a move is the clock's own by a mark that only the owner sets, so that no session can say so by
-- itself; the argument is the trigger's.
-- Fires only if a status really changes (the triggers' when clauses see to it), so it can afford to read the rules.
create or replace function enforce_status()
returns trigger
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_machine constant text := tg_argv[0];
    -- As text, whatever the column is.
    v_to constant text := new.status;
    v_from constant text := case when tg_op = 'UPDATE' then old.status end;
    v_cause constant text := case
        when lifecycle._is_clock(pg_catalog.pg_trigger_depth() - 1) then 'clock'
        else 'person'
    end;
    v_rule text;
begin
    if not exists (
        select
        from status_rules as r
        where r.machine = v_machine and r.from_status = v_from and r.to_status = v_to and r.cause = v_cause
    ) then
        -- Raises, unless the row is new or has no status, and takes a known one.
        begin
            perform lifecycle._refuse_move(tg_table_schema, v_machine, v_from, v_to, v_cause);
        exception
            when sqlstate 'PT400' or sqlstate 'PT409' then
                get stacked diagnostics v_rule = constraint_name;
                if not _observe(v_rule, v_machine, new.id::text, v_from, v_to) then
                    raise;
                end if;
        end;
    end if;
    return new;
end
$function$;

comment on function enforce_status() is
'Trigger function (before insert or update, row): checks column status against status_rules. Argument: the machine, such
as tutoring.session. A move is the clock''s if the engine of steps makes it, else a person''s. A row that is new, or has
no status, takes any known one; none is taken away. Returns the row. Raises PT400 unknown_status, PT409
illegal_transition (detail: the moves allowed from here).';

revoke all on function enforce_status() from public;
