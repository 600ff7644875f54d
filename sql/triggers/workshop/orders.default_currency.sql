-- requires: functions/default_currency
create or replace trigger zz_100_default_currency
before insert on orders
for each row
when (new.currency is null)
execute function default_currency();

comment on trigger zz_100_default_currency on orders is 'An order without a currency takes that of settings.';
