-- requires: functions/derive_creator_search
create or replace trigger zz_200_derive_search_text
before insert or update of name, name_ar, username, search_text on creators
for each row execute function derive_creator_search();

-- Also for rows that come by replication.
alter table creators enable always trigger zz_200_derive_search_text;

comment on trigger zz_200_derive_search_text on creators is 'search_text follows from the names.';
