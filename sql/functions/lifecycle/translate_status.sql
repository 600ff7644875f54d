-- requires: functions/status_in_arabic
create or replace function translate_status()
returns trigger
language plpgsql
volatile
security invoker
parallel unsafe
as $function$
begin
    new.status_ar := lifecycle.status_in_arabic(tg_argv[0], new.status);
    return new;
end
$function$;

comment on function translate_status() is
'Trigger function (before insert or update of status or status_ar, row): status_ar is the Arabic word for status,
whatever was written to it. Argument: whose status, such as workshop.session. Returns the row. Raises nothing.';

revoke all on function translate_status() from public;
