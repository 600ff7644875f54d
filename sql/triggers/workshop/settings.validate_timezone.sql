-- requires: functions/lifecycle.validate_timezone
create or replace trigger zz_100_validate_timezone
before insert or update of timezone on settings
for each row
execute function lifecycle.validate_timezone();

comment on trigger zz_100_validate_timezone on settings is
'Checks timezone against the IANA names that this server knows.';
