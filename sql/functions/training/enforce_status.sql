-- requires: functions/_observe, views/status_rules, functions/lifecycle._refuse_move
-- security: reads the rules for every role that writes a session. The only thing of the caller's is the row, and it
-- is compared.
-- Fires only if the status changes (the trigger's when clause). No clock and no counter moves a training session, so
-- the cause is always person.
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
    -- As text: an enum has no operators with the texts of the rules.
    v_from constant text := old.status;
    v_to constant text := new.status;
    v_rule text;
begin
    if not exists (
        select
        from status_rules as r
        where r.machine = v_machine
            and r.from_status = v_from
            and r.to_status = v_to
            and r.cause = 'person'
    ) then
        begin
            perform lifecycle._refuse_move(tg_table_schema::text, v_machine, v_from, v_to, 'person');
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
'Trigger function (before update, row, if status changed): checks column status against status_rules. Argument: the
machine, such as training.session. Returns the row. Raises PT409 illegal_transition (detail: the moves allowed from
here).';

revoke all on function enforce_status() from public;
