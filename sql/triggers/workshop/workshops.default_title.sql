-- requires: functions/default_workshop_title
create or replace trigger zz_100_default_title
before insert on workshops
for each row
when (new.title is null)
execute function default_workshop_title();

comment on trigger zz_100_default_title on workshops is
'A workshop without a title takes its name.';
