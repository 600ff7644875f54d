-- requires: functions/now
-- Tells no changed row from an unchanged one itself: in a before trigger generated columns of the new row are not yet
-- computed, so a whole-row comparison here would always differ. The trigger's when clause names the columns.
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
'Trigger function (before update, row): sets updated_at to lifecycle.now(). No arguments; the trigger''s when clause says
what counts as a change. Returns the row. Raises nothing of its own.';

revoke all on function touch_updated_at() from public;
grant execute on function touch_updated_at() to sessionbook_app;
