-- requires: functions/lifecycle.status_in_arabic, functions/lifecycle.now
-- The one trigger function on the path of every seat, so it does in one call what the slow path has triggers for:
-- status, its translation, updated_at. Each further trigger or when clause would cost several percent there. It names
-- no relation, so it needs neither a pinned search_path nor the owner's rights, which would cost a quarter. Its moves
-- are the rules' seats moves by construction, so enforce_status() need not look at them. Operators that decide are
-- named in full: a writer who puts operators of its own before PostgreSQL's would say what is full.
-- Locks: none.
create or replace function derive_session_status()
returns trigger
language plpgsql
volatile
security invoker
parallel unsafe
as $function$
declare
    v_by_seats constant text[] := array['upcoming', 'active', 'full'];
begin
    if new.current_attendees operator(pg_catalog.<) 0 then
        raise exception using
            errcode = 'PT400',
            constraint = 'seat_count_negative',
            message = format('session %s cannot have %s attendees', new.id, new.current_attendees),
            detail = e'key: seat_count_negative\n'
                || format('It has %s now.', case tg_op when 'UPDATE' then old.current_attendees else 0 end),
            hint = 'Release at most the seats that are taken; recount_seats() counts them from the enrollments.';
    end if;
    if tg_op = 'UPDATE'
        and (new.current_attendees <> old.current_attendees or new.max_attendees is distinct from old.max_attendees)
    then
        new.updated_at := lifecycle.now();
    end if;
    -- A session that comes back from cancelled is reseated after this statement, as a move of its own.
    if new.status operator(pg_catalog.=) any(v_by_seats)
        and (tg_op operator(pg_catalog.=) 'INSERT' or old.status operator(pg_catalog.=) any(v_by_seats))
    then
        new.status := case
            when new.max_attendees operator(pg_catalog.>) 0
                and new.current_attendees operator(pg_catalog.>=) new.max_attendees then 'full'
            when new.current_attendees operator(pg_catalog.>) 0 then 'active'
            else 'upcoming'
        end;
    end if;
    if tg_op operator(pg_catalog.=) 'INSERT' or new.status operator(pg_catalog.<>) old.status then
        new.status_ar := lifecycle.status_in_arabic('workshop.session', new.status);
    end if;
    return new;
end
$function$;

comment on function derive_session_status() is
'Trigger function (before insert or update of the counter or the capacity, row): upcoming, active and full follow
current_attendees and max_attendees, whatever the statement says of them. No arguments. Returns the row. Raises PT400
seat_count_negative.';

revoke all on function derive_session_status() from public;
