-- requires: functions/derive_sort_name
create or replace trigger zz_100_derive_sort_name
before insert or update of first_name, last_name, sort_name on personnel
for each row execute function derive_sort_name();

-- Also for rows that come by replication.
alter table personnel enable always trigger zz_100_derive_sort_name;

comment on trigger zz_100_derive_sort_name on personnel is 'sort_name follows from the names.';
