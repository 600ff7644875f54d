-- requires: functions/take_sort_name
create or replace trigger zz_100_take_sort_name
before insert or update of personnel_id, sort_name on compliance_items
for each row execute function take_sort_name();

-- Also for rows that come by replication.
alter table compliance_items enable always trigger zz_100_take_sort_name;

comment on trigger zz_100_take_sort_name on compliance_items is 'sort_name is the person''s.';
