-- requires: functions/is_timezone, functions/shown
-- A trigger and not a CHECK: stored instants are computed from the zone before constraints are looked at, and
-- PostgreSQL's own error would not name the table.
create or replace function validate_timezone()
returns trigger
language plpgsql
volatile
security invoker
parallel unsafe
as $function$
begin
    if new.timezone is not null and not lifecycle.is_timezone(new.timezone) then
        raise exception using
            errcode = 'PT400',
            constraint = 'unknown_timezone',
            message = format('unknown time zone %s in %s.timezone', lifecycle.shown(new.timezone), tg_table_name),
            detail = e'key: unknown_timezone\n' || 'The name is not in this server''s IANA time zone database.',
            hint = 'Use a name from pg_timezone_names, such as Europe/Berlin.';
    end if;
    return new;
end
$function$;

comment on function validate_timezone() is
'Trigger function (before insert or update of timezone, row): checks column timezone against the IANA names that this
server knows. No arguments. Returns the row. Raises PT400 unknown_timezone.';

revoke all on function validate_timezone() from public;
