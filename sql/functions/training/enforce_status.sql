-- requires: views/status_rules, functions/lifecycle._refuse_move
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
begin
    if not exists (
        select
        from status_rules as r
        where r.machine = v_machine
            and r.from_status = v_from
            and r.to_status = v_to
            and r.cause = 'person'
    ) then
        perform lifecycle._refuse_move(tg_table_schema::text, v_machine, v_from, v_to, 'person');
    end if;
    return new;
end
$function$;

comment on function enforce_status() is
'Trigger function (before update, row, if status changed): holds column status to status_rules. Argument: the machine,
such as training.session. Returns the row. Raises nothing of its own; PT409 illegal_transition (detail: the moves
allowed from here).';

revoke all on function enforce_status() from public;
