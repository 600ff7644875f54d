-- requires: functions/derive_session_instants
create or replace trigger zz_070_derive_instants
before insert or update of
    session_date, start_time, end_time, timezone, alarm_enabled, alarm_before_minutes, starts_at, ends_at, alarm_at
on sessions
for each row
execute function derive_session_instants();

-- Also for rows that come by replication.
alter table sessions enable always trigger zz_070_derive_instants;

comment on trigger zz_070_derive_instants on sessions is
'The instants follow what people say: date, times, zone and alarm.';
