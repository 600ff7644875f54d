-- requires: functions/_session_ends_at
-- security: a caller that writes a session need not be able to call internals; nothing but the row is read, and
-- nothing of it
-- becomes SQL.
-- A trigger and not generated columns: applications that write whole rows name all of them, and PostgreSQL refuses that
-- of a generated one (428C9). The trigger fires for the derived columns too, so that written values are ignored.
-- Locks: none.
create or replace function derive_session_instants()
returns trigger
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
begin
    new.starts_at := (new.session_date + new.start_time) at time zone new.timezone;
    new.ends_at := _session_ends_at(new.session_date, new.start_time, new.end_time, new.timezone);
    -- Minutes are subtracted in UTC: on a local clock a change of daylight saving time would add or remove an hour.
    new.alarm_at := case
        when new.alarm_enabled
            then (
                new.starts_at at time zone 'UTC'
                - greatest(coalesce(new.alarm_before_minutes, 15), 0)::double precision * interval '1 minute'
            ) at time zone 'UTC'
    end;
    return new;
end
$function$;

comment on function derive_session_instants() is
'Trigger function (before insert or update of date, times, zone, alarm or what follows from them, row): sets starts_at,
ends_at and alarm_at. No arguments. Returns the row. Raises 22008 if an instant is out of range.';

revoke all on function derive_session_instants() from public;
