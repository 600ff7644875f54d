-- requires: functions/lifecycle.validate_timezone
create or replace trigger zz_060_validate_timezone
before insert or update of timezone on availability_rules
for each row
execute function lifecycle.validate_timezone();

comment on trigger zz_060_validate_timezone on availability_rules is
'Checks timezone against the IANA names that this server knows.';
