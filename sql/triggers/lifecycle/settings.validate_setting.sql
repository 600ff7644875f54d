-- requires: functions/validate_setting
create or replace trigger zz_100_validate_setting
before insert or update of kind, value on settings
for each row
execute function validate_setting();

comment on trigger zz_100_validate_setting on settings is 'Checks a setting''s value against its kind.';
