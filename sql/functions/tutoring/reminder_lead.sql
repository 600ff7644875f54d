-- In seconds: days would be those of the caller's time zone, 23 or 25 hours at times.
create or replace function reminder_lead()
returns interval
language sql
stable
security invoker
parallel safe
set search_path from current
begin atomic
    select extract(epoch from g.reminder_lead) * interval '1 second' from settings as g;
end;

comment on function reminder_lead() is
'How long before the start of a session its reminder is due (settings.reminder_lead). No arguments. Returns an interval
without days. Raises nothing.';

revoke all on function reminder_lead() from public;
grant execute on function reminder_lead() to sessionbook_app, sessionbook_reader;
