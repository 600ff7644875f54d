-- requires: functions/_collect_expired_holds, functions/_offer_seats, functions/lifecycle.status_in_arabic
-- requires: functions/lifecycle.now
-- The only trigger that runs for every booking, so it does several things in one call: scarce seats and waiting lists,
-- status, its translation, updated_at. Each further trigger or when clause would cost several percent. Its moves always
-- follow the rules with cause seats, so enforce_status() does not check them.
-- security: holds, offers and the waiting list are not the caller's to write. It writes only what belongs to the
-- session that is being written, and to the time by lifecycle.now(). A caller that would be refused a seat collects the
-- holds that ran out first, so these stop counting at once, even before the clock collects them. Not a CHECK: sessions
-- that were oversold before adoption must be able to lose attendees one by one.
-- Locks: the row being written, which PostgreSQL has locked before any before trigger runs: of two writers for the last
-- seat the second sees the first one's counter. Then as _collect_expired_holds() and _offer_seats().
create or replace function derive_session_status()
returns trigger
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_by_seats constant text[] := array['upcoming', 'active', 'full'];
    v_now timestamptz;
    v_taken integer;
    v_expired integer := 0;
    v_offered record;
begin
    if new.current_attendees < 0 then
        raise exception using
            errcode = 'PT400',
            constraint = 'seat_count_negative',
            message = format('session %s cannot have %s attendees', new.id, new.current_attendees),
            detail = e'key: seat_count_negative\n'
                || format('It has %s now.', case tg_op when 'UPDATE' then old.current_attendees else 0 end),
            hint = 'Subtract at most the seats that are taken; recount_seats() computes them from the enrollments.';
    end if;
    -- Replicated rows were counted on their own server.
    if (new.waiting_count > 0 or new.max_attendees > 0 and new.current_attendees > new.max_attendees)
        and current_setting('session_replication_role') <> 'replica'
    then
        v_now := lifecycle.now();
        v_taken := case tg_op when 'UPDATE' then new.current_attendees - old.current_attendees end;
        if new.current_attendees > new.max_attendees
            and new.max_attendees > 0
            and (tg_op = 'INSERT' or v_taken > 0 or new.max_attendees is distinct from old.max_attendees)
        then
            if tg_op = 'UPDATE' then
                v_expired := _collect_expired_holds(new.id, v_now);
                new.current_attendees := greatest(new.current_attendees - v_expired, 0);
            end if;
            if new.current_attendees > new.max_attendees then
                raise exception using
                    errcode = 'PT409',
                    constraint = 'session_full',
                    message = format(
                        'session %s cannot take %s of %s seats', new.id, new.current_attendees, new.max_attendees
                    ),
                    detail = e'key: session_full\n' || case
                        when tg_op = 'INSERT' then 'The new session would have more attendees than seats.'
                        when new.max_attendees is distinct from old.max_attendees
                            then format('%s seats are taken, more than the new capacity.', new.current_attendees)
                        else format('%s of its %s seats are taken.', old.current_attendees - v_expired, new.max_attendees)
                    end,
                    hint = 'Choose another session (get_next_available_session() finds one),'
                        ' free seats or raise max_attendees.';
            end if;
        end if;
        if new.waiting_count > 0 and tg_op = 'UPDATE' and new.status = any(v_by_seats) then
            select o.people, o.seats
            into v_offered
            from _offer_seats(
                new.id,
                new.workshop_id,
                v_taken,
                case when new.max_attendees > 0 then new.max_attendees - new.current_attendees end,
                case
                    when coalesce(new.booking_opens_at <= v_now, true) then least(new.booking_closes_at, new.starts_at)
                end,
                v_now
            ) as o;
            new.current_attendees := new.current_attendees + v_offered.seats;
            new.waiting_count := greatest(new.waiting_count - v_offered.people, 0);
        end if;
    end if;
    if tg_op = 'UPDATE'
        and (new.current_attendees <> old.current_attendees or new.max_attendees is distinct from old.max_attendees)
    then
        new.updated_at := lifecycle.now();
    end if;
    -- A session that is restored from cancelled gets its seat status after this statement, as a separate move.
    if new.status = any(v_by_seats) and (tg_op = 'INSERT' or old.status = any(v_by_seats)) then
        new.status := case
            when new.max_attendees > 0 and new.current_attendees >= new.max_attendees then 'full'
            when new.current_attendees > 0 then 'active'
            else 'upcoming'
        end;
    end if;
    if tg_op = 'INSERT' or new.status <> old.status then
        new.status_ar := lifecycle.status_in_arabic('workshop.session', new.status);
    end if;
    return new;
end
$function$;

comment on function derive_session_status() is
'Trigger function (before insert or update of the counter or the capacity, row): upcoming, active and full follow
current_attendees and max_attendees, whatever the statement says of them. If seats run short or people wait, holds that
ran out are collected and subtracted from the counter; seats that are free are offered to those who wait, and refused to
anybody else. No arguments. Returns the row. Raises PT400 seat_count_negative, PT409 session_full (more attendees than
seats, by a seat taken or by a capacity lowered).';

revoke all on function derive_session_status() from public;
