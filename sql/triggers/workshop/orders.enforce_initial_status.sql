-- requires: functions/enforce_status
-- After the translation, which has no word for a status that is not known: the shortest condition, read for every row.
create or replace trigger zz_350_enforce_initial_status
before insert on orders
for each row
when (new.status_ar is null)
execute function enforce_status('workshop.order');

comment on trigger zz_350_enforce_initial_status on orders is
'A new row has a status that is known.';
