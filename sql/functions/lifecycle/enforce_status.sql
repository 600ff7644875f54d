-- requires: views/status_rules
-- Fires only where a status really changes (the triggers' when clauses see to it), so it can afford to read the rules.
-- A cause written as 'seats,<cause before>' is meant for one row: it is handed back here, because before triggers are
-- the only place where a statement over many rows can have a cause per row.
create or replace function enforce_status()
returns trigger
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_machine constant text := tg_argv[0];
    v_setting constant text := coalesce(pg_catalog.current_setting('lifecycle.cause', true), '');
    v_cause text := coalesce(nullif(split_part(v_setting, ',', 1), ''), 'person');
    -- As text, whatever the column is: an enum has no operators with the rules' texts.
    v_to constant text := new.status;
    v_from text;
begin
    if strpos(v_setting, ',') > 0 then
        perform pg_catalog.set_config('lifecycle.cause', substr(v_setting, strpos(v_setting, ',') + 1), true);
    end if;
    if tg_op = 'UPDATE' then
        v_from := old.status;
        -- First, because nearly every move is an allowed one; the rest only finds out why this one is not.
        if exists (
            select
            from status_rules as r
            where r.machine = v_machine
                and r.from_status = v_from
                and r.to_status = v_to
                and r.cause = v_cause
        ) then
            return new;
        end if;
    end if;
    if v_to is null and (
        v_from is null
        -- The column's own not null constraint says more about a missing status.
        or exists (
            select
            from pg_catalog.pg_attribute as a
            where a.attrelid = tg_relid and a.attname = 'status' and a.attnotnull
        )
    ) then
        return new;
    end if;
    if v_to is not null and not exists (
        select
        from status_rules as r
        where r.machine = v_machine
            and v_to in (r.from_status, r.to_status)
    ) then
        raise exception using
            errcode = 'PT400',
            constraint = 'unknown_status',
            message = format('%s has no status %s', v_machine, quote_literal(v_to)),
            detail = e'key: unknown_status\n' || format(
                'Known are %s.',
                (
                    select string_agg(distinct s.status, ', ' order by s.status)
                    from status_rules as r
                    cross join lateral (values (r.from_status), (r.to_status)) as s (status)
                    where r.machine = v_machine
                )
            ),
            hint = 'Use one of these; lifecycle.status_rules lists them with the moves between them.';
    end if;
    -- A row that has no status yet takes any that is known, as a new one does.
    if v_from is null or v_from = v_to then
        return new;
    end if;
    raise exception using
        errcode = 'PT409',
        constraint = 'illegal_transition',
        message = format('%s cannot move from %s to %s (cause %s)', v_machine, v_from, coalesce(v_to, 'none'), v_cause),
        detail = e'key: illegal_transition\n' || coalesce(
            (
                select
                    format('From %s: ', v_from)
                    || string_agg(format('%s (%s)', m.to_status, m.causes), ', ' order by m.to_status) || '.'
                from (
                    select r.to_status, string_agg(r.cause, ' or ' order by r.cause) as causes
                    from status_rules as r
                    where r.machine = v_machine and r.from_status = v_from
                    group by r.to_status
                ) as m
            ),
            format('%s is final: no move leads away from it.', v_from)
        ),
        hint = 'Statuses with cause seats or clock follow the seat counter and the time by themselves.';
end
$function$;

comment on function enforce_status() is
'Trigger function (before insert or update, row): holds column status to lifecycle.status_rules. Argument: the machine,
such as workshop.session. The cause of a move is the transaction-local setting lifecycle.cause (clock, seats), else
person. A row that is new, or has no status, takes any known one; none is taken away. Returns the row. Raises
PT400 unknown_status, PT409 illegal_transition (detail: the moves allowed from here).';

revoke all on function enforce_status() from public;
grant execute on function enforce_status() to sessionbook_app;
