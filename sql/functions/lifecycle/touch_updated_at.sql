-- requires: functions/now
-- The trigger's when clause decides what counts as a change, so that an unchanged row costs no call.
create or replace function touch_updated_at()
returns trigger
language plpgsql
volatile
security invoker
parallel unsafe
as $function$
begin
    new.updated_at := lifecycle.now();
    return new;
end
$function$;

comment on function touch_updated_at() is
'Trigger function (before update, row): sets updated_at to lifecycle.now(). No arguments; the trigger''s when clause
says what counts as a change. Returns the row. Raises nothing of its own.';

revoke all on function touch_updated_at() from public;
