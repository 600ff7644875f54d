-- requires: functions/collect_expired_holds, functions/offer_seats, functions/lifecycle.status_in_arabic
-- requires: functions/lifecycle.now
-- The one trigger function on the path of every seat, so it does in one call what the slow path has triggers for:
-- status, its translation, updated_at. Each further trigger or when clause would cost several percent there.
-- Its moves are the rules' seats moves by construction, so enforce_status() need not look at them.
-- Whoever would be refused a seat collects the holds that ran out first, so these stop counting at once, swept or not.
-- Locks: the row being written, which PostgreSQL has locked before any before trigger runs: of two writers for the last
-- seat the second sees the first one's counter. Where seats run short, then as collect_expired_holds(); where people
-- wait, as offer_seats().
-- Not a CHECK: seats oversold before this package came must be able to go down one by one.
create or replace function derive_session_status()
returns trigger
language plpgsql
volatile
security invoker
parallel unsafe
as $function$
declare
    v_expired integer := 0;
    v_people integer;
    v_seats integer;
begin
    if new.current_attendees < 0 then
        raise exception using
            errcode = 'PT400',
            constraint = 'seat_count_negative',
            message = format('session %s cannot have %s attendees', new.id, new.current_attendees),
            detail = e'key: seat_count_negative\n'
                || format('It has %s now.', case tg_op when 'UPDATE' then old.current_attendees else 0 end),
            hint = 'Release no more seats than are taken; recount_seats() counts them from the enrollments.';
    end if;
    if new.current_attendees > new.max_attendees
        and new.max_attendees > 0
        and (
            tg_op = 'INSERT'
            or new.current_attendees > old.current_attendees
            or new.max_attendees is distinct from old.max_attendees
        )
    then
        if tg_op = 'UPDATE' then
            -- By the table's schema: a trigger has the search_path of whoever set it off.
            execute format('select %I.collect_expired_holds($1, $2)', tg_table_schema)
            into v_expired
            using new.id, lifecycle.now();
            new.current_attendees := greatest(new.current_attendees - v_expired, 0);
        end if;
        if new.current_attendees > new.max_attendees then
            raise exception using
                errcode = 'PT409',
                constraint = 'session_full',
                message = format('session %s cannot take %s of %s seats', new.id, new.current_attendees, new.max_attendees),
                detail = e'key: session_full\n' || case
                    when tg_op = 'INSERT' then 'It would begin with more attendees than seats.'
                    when new.max_attendees is distinct from old.max_attendees
                        then format('%s seats are taken, more than would be left.', new.current_attendees)
                    else format('%s of its %s seats are taken.', old.current_attendees - v_expired, new.max_attendees)
                end,
                hint = 'Choose another session (get_next_available_session() finds one), free seats or raise max_attendees.';
        end if;
    end if;
    if new.waiting_count > 0 and tg_op = 'UPDATE' and new.status in ('upcoming', 'active', 'full') then
        execute format('select o.people, o.seats from %I.offer_seats($1, $2, $3, $4, $5, $6) as o', tg_table_schema)
        into v_people, v_seats
        using
            new.id,
            new.workshop_id,
            -- Seats that were collected for whoever writes this are taken by them all the same.
            new.current_attendees + v_expired - old.current_attendees,
            case when new.max_attendees > 0 then new.max_attendees - new.current_attendees end,
            case
                when coalesce(new.booking_opens_at <= lifecycle.now(), true)
                    then least(new.booking_closes_at, new.starts_at)
            end,
            lifecycle.now();
        new.current_attendees := new.current_attendees + v_seats;
        new.waiting_count := greatest(new.waiting_count - v_people, 0);
    end if;
    if tg_op = 'UPDATE'
        and (new.current_attendees <> old.current_attendees or new.max_attendees is distinct from old.max_attendees)
    then
        new.updated_at := lifecycle.now();
    end if;
    -- A session that comes back from cancelled is reseated after this statement, as a move of its own.
    if new.status in ('upcoming', 'active', 'full')
        and (tg_op = 'INSERT' or old.status in ('upcoming', 'active', 'full'))
    then
        new.status := case
            when new.max_attendees > 0 and new.current_attendees >= new.max_attendees then 'full'
            when new.current_attendees > 0 then 'active'
            else 'upcoming'
        end;
    end if;
    if tg_op = 'INSERT' or new.status <> old.status then
        new.status_ar := lifecycle.status_in_arabic('workshop.session', new.status);
        -- As note_moved_runs() does for every other statement.
        if tg_op = 'UPDATE'
            and new.run_id is not null
            and current_setting('lifecycle.cause', true) is distinct from 'clock'
            and strpos(coalesce(current_setting('lifecycle.moved_runs_' || tg_relid, true), ''), new.run_id::text) = 0
        then
            perform set_config(
                'lifecycle.moved_runs_' || tg_relid,
                concat(current_setting('lifecycle.moved_runs_' || tg_relid, true), new.run_id, ' '),
                true
            );
        end if;
    end if;
    return new;
end
$function$;

comment on function derive_session_status() is
'Trigger function (before insert or update of the counter or the capacity, row): upcoming, active and full follow
current_attendees and max_attendees, whatever the statement says of them. Where seats run short, holds that ran out are
collected and subtracted first. Where people wait, seats that are free are offered to them, and refused to anybody else.
No arguments. Returns the row. Raises PT400 seat_count_negative, PT409 session_full (more attendees than seats, by a seat
taken or by a capacity lowered).';

revoke all on function derive_session_status() from public;
grant execute on function derive_session_status() to sessionbook_app;
