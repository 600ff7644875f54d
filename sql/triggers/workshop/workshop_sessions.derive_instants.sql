-- requires: functions/derive_session_instants
create or replace trigger zz_070_derive_instants
before insert or update of
    session_date, end_date, session_dates, start_time, end_time, duration, timezone,
    last_date, starts_at, ends_at, over_at, booking_opens_at, booking_closes_at
on workshop_sessions
for each row
execute function derive_session_instants();

-- Also for rows that come by replication.
alter table workshop_sessions enable always trigger zz_070_derive_instants;

comment on trigger zz_070_derive_instants on workshop_sessions is
'The instants follow what people say: dates, times and zone.';
