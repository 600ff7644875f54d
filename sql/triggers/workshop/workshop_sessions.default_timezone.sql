-- requires: functions/default_timezone
create or replace trigger zz_005_default_timezone
before insert on workshop_sessions
for each row
when (new.timezone is null)
execute function default_timezone();

-- Also for rows that come by replication.
alter table workshop_sessions enable always trigger zz_005_default_timezone;

comment on trigger zz_005_default_timezone on workshop_sessions is
'A session without a time zone takes that of settings.';
