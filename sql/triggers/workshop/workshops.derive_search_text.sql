-- requires: functions/derive_workshop_search
-- After zz_100_default_title, whose title is one of the names.
create or replace trigger zz_200_derive_search_text
before insert or update of name, title, title_ar, search_text on workshops
for each row execute function derive_workshop_search();

-- Also for rows that come by replication.
alter table workshops enable always trigger zz_200_derive_search_text;

comment on trigger zz_200_derive_search_text on workshops is 'search_text follows from name and titles.';
