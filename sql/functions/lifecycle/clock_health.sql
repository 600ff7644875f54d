-- requires: functions/_require_trusted, functions/_row_holders, functions/_table_holders, functions/changed_by
-- requires: functions/now
-- security: the caller sees counts of work that waits, but only of installations whose failed_steps it may read; who
-- may read clocks sees all. Asked is the role of SET ROLE, else the login role: inside, current_user is the owner. What
-- is read by name belongs to the owner of schema lifecycle, which is asked first; names are quoted as identifiers.
create or replace function clock_health()
returns table (
    schema_name text,
    unit text,
    enabled boolean,
    overdue bigint,
    oldest_overdue_at timestamptz,
    retrying bigint,
    given_up bigint,
    reminders_waiting bigint,
    oldest_reminder_at timestamptz,
    held_by text,
    error text
)
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
set lock_timeout = '500ms'
as $function$
declare
    v_caller constant name := changed_by();
    v_sees_all constant boolean := has_table_privilege(v_caller, 'lifecycle.clocks', 'select');
begin
    for schema_name, unit, enabled, error in
        select c.schema_name, c.unit, c.enabled, c.last_error
        from clocks as c
        where v_sees_all
            or has_table_privilege(v_caller, to_regclass(format('%I.failed_steps', c.schema_name)), 'select')
        order by c.schema_name
    loop
        overdue := 0;
        oldest_overdue_at := null;
        retrying := 0;
        given_up := 0;
        reminders_waiting := 0;
        oldest_reminder_at := null;
        held_by := null;
        begin
            perform _require_trusted(schema_name);
            execute format(
                'select count(*) filter (where f.next_attempt_at is not null),'
                ' count(*) filter (where f.next_attempt_at is null) from %I.failed_steps as f',
                schema_name
            ) into retrying, given_up;
            if pg_catalog.to_regclass(format('%I.clock_health', schema_name)) is not null then
                execute format(
                    'select h.overdue, h.oldest_overdue_at, h.reminders_waiting, h.oldest_reminder_at'
                    ' from %I.clock_health as h',
                    schema_name
                ) into overdue, oldest_overdue_at, reminders_waiting, oldest_reminder_at;
            end if;
            if overdue > 0 then
                held_by := _row_holders(schema_name, lifecycle.now());
            end if;
        exception
            -- A failure of one installation must not hide the others.
            when assert_failure or others then
                if sqlstate = '55P03' then
                    held_by := _table_holders(schema_name);
                end if;
                error := coalesce(error, format('%s %s', sqlstate, left(sqlerrm, 1000)));
        end;
        return next;
    end loop;
end
$function$;

comment on function clock_health() is
'What waits for the clock in every installation whose failed_steps the caller may read; in all of them if the caller may
read clocks, as sessionbook_monitor may. No arguments. Returns one row an installation: its schema and unit; whether its
clock is enabled; sessions due and not moved, without those given up, and since when the oldest one is; failed steps
that are being retried and that were given up; reminders due and not sent, and since when the oldest one is; held_by:
which processes or prepared transactions hold what is due, null if nobody does; error: the newest failure of its clock,
or of this query. Raises nothing of its own.';

revoke all on function clock_health() from public;
grant execute on function clock_health() to sessionbook_common;
