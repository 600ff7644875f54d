-- requires: functions/derive_session_status, functions/follow_sessions
-- The condition of a step is asked again here, of sessions that are locked by now, because time has passed since they
-- were found, and a failed step is tried later on its own.
-- Locks: enrollments or waitlist_entries of the sessions, passing over those that somebody holds: applications that
-- write them by hand may ask for the session next. Then the sessions' runs.
create or replace function apply_step(p_step text, p_session_ids uuid[], p_now timestamptz)
returns bigint
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_moved bigint;
    v_freed_ids uuid[];
    v_freed_seats bigint[];
    v_offered bigint;
    v_run_ids uuid[];
begin
    if p_step = 'complete_sessions' then
        with completed as (
            update workshop_sessions as s
            set status = 'completed'
            where s.id = any(p_session_ids)
                and s.status in ('upcoming', 'active', 'full')
                and s.over_at <= p_now
            returning s.run_id
        )
        select count(*), array_agg(distinct c.run_id)
        into v_moved, v_run_ids
        from completed as c;
    elsif p_step = 'close_waitlists' then
        with due as (
            select w.id
            from waitlist_entries as w
            where w.session_id = any(p_session_ids)
                and w.status = 'waiting'
                and exists (select from workshop_sessions as s where s.id = w.session_id and s.starts_at <= p_now)
            for no key update skip locked
        )
        update waitlist_entries as w
        set status = 'closed'
        from due as d
        where d.id = w.id;
        -- Those that were passed over wait still.
        update workshop_sessions as s
        set waiting_count = r.waiting
        from (
            select x.id, count(w.id) as waiting
            from unnest(p_session_ids) as x (id)
            left join waitlist_entries as w on x.id = w.session_id and w.status = 'waiting'
            group by x.id
        ) as r
        where r.id = s.id
            and s.waiting_count > 0
            and s.waiting_count <> r.waiting
            and s.starts_at <= p_now;
        get diagnostics v_moved = row_count;
    else
        if p_step = 'release_holds' then
            with due as (
                select e.id
                from enrollments as e
                where e.session_id = any(p_session_ids) and e.status = 'pending' and e.expires_at <= p_now
                for no key update skip locked
            ),
            released as (
                update enrollments as e
                set status = 'cancelled'
                from due as d
                where d.id = e.id
                returning e.session_id, e.seats
            )
            select sum(f.holds), array_agg(f.session_id), array_agg(f.seats)
            into v_moved, v_freed_ids, v_freed_seats
            from (
                select r.session_id, count(*) as holds, sum(r.seats) as seats
                from released as r
                group by r.session_id
            ) as f;
        elsif p_step = 'expire_offers' then
            with due as (
                select w.id
                from waitlist_entries as w
                where w.session_id = any(p_session_ids) and w.status = 'offered' and w.offer_expires_at <= p_now
                for no key update skip locked
            ),
            expired as (
                update waitlist_entries as w
                set status = 'expired'
                from due as d
                where d.id = w.id
                returning w.session_id, w.seats
            )
            select sum(f.offers), array_agg(f.session_id), array_agg(f.seats)
            into v_moved, v_freed_ids, v_freed_seats
            from (
                select x.session_id, count(*) as offers, sum(x.seats) as seats
                from expired as x
                group by x.session_id
            ) as f;
        else
            v_freed_ids := p_session_ids;
            v_freed_seats := array_fill(0, array[cardinality(p_session_ids)]);
        end if;
        if v_freed_ids is not null then
            -- Naming the counter lets the seat trigger serve those who wait.
            with before as (
                select s.id, s.status, s.waiting_count, f.seats
                from unnest(v_freed_ids, v_freed_seats) as f (id, seats)
                inner join workshop_sessions as s on f.id = s.id
            ),
            freed as (
                update workshop_sessions as s
                set current_attendees = greatest(s.current_attendees - b.seats, 0)
                from before as b
                where b.id = s.id
                returning s.run_id, s.status <> b.status as is_moved, b.waiting_count - s.waiting_count as offered
            )
            select sum(f.offered), array_agg(distinct f.run_id) filter (where f.is_moved)
            into v_offered, v_run_ids
            from freed as f;
            v_moved := coalesce(v_moved, v_offered);
        end if;
    end if;
    if v_run_ids is not null then
        perform follow_sessions(v_run_ids);
    end if;
    return coalesce(v_moved, 0);
end
$function$;

comment on function apply_step(text, uuid[], timestamptz) is
'Takes a step of the clock for given sessions, where it is due; their runs follow. p_step: step of advance_sessions();
p_session_ids: sessions, locked by the caller; p_now: time to judge by. Returns how many holds, offers or sessions moved.
Raises nothing of its own; whatever the application''s own constraints and triggers raise.';

revoke all on function apply_step(text, uuid[], timestamptz) from public;
grant execute on function apply_step(text, uuid[], timestamptz) to sessionbook_app;
