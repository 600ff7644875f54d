-- requires: functions/pass_on_sort_name
create or replace trigger zz_500_pass_on_sort_name
after update of first_name, last_name on personnel
for each row
when (old.sort_name is distinct from new.sort_name)
execute function pass_on_sort_name();

comment on trigger zz_500_pass_on_sort_name on personnel is 'A new name reaches the compliance items.';
