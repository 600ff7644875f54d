-- requires: functions/home
create or replace function is_home(p_home text)
returns boolean
language sql
stable
security invoker
parallel safe
begin atomic
    select coalesce(
        h.here[3] = h.said[3]
        and (
            h.here[1] = h.said[1]
            -- A cluster made by pg_upgrade: another identifier, a later version, the same oids.
            or h.here[2]::integer > h.said[2]::integer and h.here[4] = h.said[4]
        ),
        false
    )
    from (
        select
            string_to_array(lifecycle.home(), '.') as here,
            case when p_home ~ '^[0-9]+(\.[0-9]{1,9}){1}(\.[0-9]+){2}$' then string_to_array(p_home, '.') end as said
    ) as h;
end;

comment on function is_home(text) is
'Whether this database is the one that a job was made for, also after pg_upgrade. p_home: what lifecycle.home() said
when the job was made. Returns boolean. Raises nothing.';

revoke all on function is_home(text) from public;
grant execute on function is_home(text) to sessionbook_clock;
