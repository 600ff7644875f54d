-- requires: functions/now
-- security: the reader sees counts of work that waits, of every copy, without rights on their tables. The only names
-- that become SQL are schemas registered by the deployer, quoted as identifiers; a clock_health that is no view, or
-- belongs to somebody other than that schema's owner, lifecycle's or a superuser, is reported and not read.
create or replace function clock_health()
returns table (
    schema_name text,
    enabled boolean,
    overdue bigint,
    oldest_overdue_at timestamptz,
    retrying bigint,
    given_up bigint,
    reminders_waiting bigint,
    oldest_reminder_at timestamptz,
    error text
)
language plpgsql
stable
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_clock record;
begin
    for v_clock in
        select c.schema_name, c.enabled, c.last_error, v.oid as view_oid, v.is_sound
        from clocks as c
        left join lateral (
            select
                r.oid,
                r.relkind = 'v' and (
                    r.relowner in (n.nspowner, l.nspowner)
                    or (select o.rolsuper from pg_catalog.pg_roles as o where o.oid = r.relowner)
                ) as is_sound
            from pg_catalog.pg_class as r
            inner join pg_catalog.pg_namespace as n on r.relnamespace = n.oid
            inner join pg_catalog.pg_namespace as l on l.nspname = 'lifecycle'
            where n.nspname = c.schema_name and r.relname = 'clock_health'
        ) as v on true
        order by c.schema_name
    loop
        schema_name := v_clock.schema_name;
        enabled := v_clock.enabled;
        error := v_clock.last_error;
        overdue := 0;
        oldest_overdue_at := null;
        retrying := 0;
        given_up := 0;
        reminders_waiting := 0;
        oldest_reminder_at := null;
        if v_clock.view_oid is null then
            error := coalesce(error, 'there is no view clock_health');
        elsif not v_clock.is_sound then
            error := coalesce(error, 'clock_health is not a view of the schema''s owner');
        else
            begin
                execute format(
                    'select h.overdue, h.oldest_overdue_at, h.retrying, h.given_up, h.reminders_waiting,'
                    ' h.oldest_reminder_at from %I.clock_health as h',
                    v_clock.schema_name
                ) into overdue, oldest_overdue_at, retrying, given_up, reminders_waiting, oldest_reminder_at;
            exception
                -- One copy's failure must not blind the view on the others.
                when others then
                    error := coalesce(error, format('%s %s', sqlstate, sqlerrm));
            end;
        end if;
        return next;
    end loop;
end
$function$;

comment on function clock_health() is
'What waits in every registered copy, read from its view clock_health. No arguments. Returns one row a copy: whether its
clock is enabled; sessions due and not moved, without those given up, and since when the oldest one is; failed steps
that are being retried and that were given up; reminders due and not sent, and since when the oldest one is; error: the
newest failure of its clock or of this reading. Raises nothing of its own.';

revoke all on function clock_health() from public;
grant execute on function clock_health() to sessionbook_app, sessionbook_reader;
