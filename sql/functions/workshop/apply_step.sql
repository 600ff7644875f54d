-- requires: functions/_follow_runs, functions/_offer_run, functions/session_holds, views/status_rules
-- requires: functions/lifecycle.actor, functions/lifecycle.changed_by, functions/lifecycle.now
-- The condition of a step is asked again here, of sessions that are locked by now, because time has passed since they
-- were found, and a failed step is tried later on its own.
-- What moved is recorded here, a statement for all rows; offers, which the seat trigger makes, record themselves.
-- Locks: the sessions (or, for follow_runs, the runs) that due_rows() has locked; if a single one is tried again, it is
-- waited for. Then enrollments or waitlist_entries of the sessions, and their runs, skipping locked ones: applications
-- that write these by hand may ask for the session next. A run that is held is noted in stale_runs.
create or replace function apply_step(p_step text, p_ids text[], p_now timestamptz)
returns bigint
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_by constant text := lifecycle.changed_by();
    v_actor constant text := lifecycle.actor();
    v_ids constant uuid[] := p_ids::uuid[];
    v_keeps_snapshot constant boolean
    := pg_catalog.current_setting('transaction_isolation') in ('repeatable read', 'serializable');
    v_moved bigint;
    v_freed_ids uuid[];
    v_freed_seats bigint[];
    v_offered bigint;
    v_run_ids uuid[];
    v_free_run_ids uuid[];
begin
    if p_step = 'offer_runs' then
        return (select sum(_offer_run(u.id, p_now)) from unnest(v_ids) as u (id));
    end if;
    if p_step = 'follow_runs' then
        v_run_ids := v_ids;
    else
        perform
        from workshop_sessions as s
        where s.id = any(v_ids)
        order by s.id
        for no key update;
    end if;
    if p_step = 'complete_sessions' then
        with due as (
            select s.id, s.status
            from workshop_sessions as s
            where s.id = any(v_ids) and s.status in ('upcoming', 'active', 'full') and s.over_at <= p_now
        ),
        completed as (
            update workshop_sessions as s
            set status = 'completed'
            from due as d
            where d.id = s.id
            returning s.id, s.run_id, d.status as from_status, s.status as to_status
        ),
        recorded as (
            insert into status_changes (machine, subject_id, from_status, to_status, cause, changed_by, actor, changed_at)
            select 'workshop.session', c.id, c.from_status, c.to_status, 'clock', v_by, v_actor, v_now
            from completed as c
        )
        select count(*), array_agg(distinct c.run_id)
        into v_moved, v_run_ids
        from completed as c;
    elsif p_step = 'ask_minimums' then
        -- Whether it takes place is for a person to decide: sessions_below_minimum says which to look at.
        with asked as (
            update workshop_sessions as s
            set minimum_asked_at = p_now
            where s.id = any(v_ids)
                and s.min_attendees > 0
                and (s.minimum_asked_at is null or s.minimum_asked_at < s.decide_at)
                and s.decide_at <= p_now
                and s.status in ('upcoming', 'active', 'full')
            returning s.id
        ),
        told as (
            insert into pending_events (kind, subject_id, payload, actor, occurred_at)
            select
                'session.below_minimum',
                s.id,
                jsonb_build_object('min_attendees', s.min_attendees, 'attendees', s.current_attendees - h.expired),
                v_actor,
                v_now
            from asked as a
            inner join workshop_sessions as s on a.id = s.id
            cross join lateral session_holds(s.id, p_now) as h
            where s.current_attendees - h.expired < s.min_attendees
        )
        select count(*)
        into v_moved
        from asked as a;
    elsif p_step = 'close_waitlists' then
        with due as (
            select w.id
            from waitlist_entries as w
            where w.session_id = any(v_ids)
                and w.status = 'waiting'
                and exists (select from workshop_sessions as s where s.id = w.session_id and s.starts_at <= p_now)
            for no key update skip locked
        ),
        closed as (
            update waitlist_entries as w
            set status = 'closed'
            from due as d
            where d.id = w.id
            returning w.id
        )
        insert into status_changes (machine, subject_id, from_status, to_status, cause, changed_by, actor, changed_at)
        select 'workshop.waitlist', c.id, 'waiting', 'closed', 'clock', v_by, v_actor, v_now
        from closed as c;
        -- Those that were skipped still wait.
        update workshop_sessions as s
        set waiting_count = r.waiting
        from (
            select x.id, count(w.id) as waiting
            from unnest(v_ids) as x (id)
            left join waitlist_entries as w on x.id = w.session_id and w.status = 'waiting'
            group by x.id
        ) as r
        where r.id = s.id
            and s.waiting_count > 0
            and s.waiting_count <> r.waiting
            and s.starts_at <= p_now;
        get diagnostics v_moved = row_count;
    elsif p_step <> 'follow_runs' then
        if p_step = 'release_holds' then
            with due as (
                select e.id
                from enrollments as e
                where e.session_id = any(v_ids) and e.status = 'pending' and e.expires_at <= p_now
                for no key update skip locked
            ),
            released as (
                update enrollments as e
                set status = 'cancelled'
                from due as d
                where d.id = e.id
                returning e.id, e.session_id, e.seats
            ),
            recorded as (
                insert into status_changes (
                    machine, subject_id, from_status, to_status, cause, changed_by, actor, changed_at
                )
                select 'workshop.enrollment', r.id, 'pending', 'cancelled', 'clock', v_by, v_actor, v_now
                from released as r
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
                where w.session_id = any(v_ids) and w.status = 'offered' and w.offer_expires_at <= p_now
                for no key update skip locked
            ),
            expired as (
                update waitlist_entries as w
                set status = 'expired'
                from due as d
                where d.id = w.id
                returning w.id, w.session_id, w.seats
            ),
            recorded as (
                insert into status_changes (
                    machine, subject_id, from_status, to_status, cause, changed_by, actor, changed_at
                )
                select 'workshop.waitlist', x.id, 'offered', 'expired', 'clock', v_by, v_actor, v_now
                from expired as x
            )
            select sum(f.offers), array_agg(f.session_id), array_agg(f.seats)
            into v_moved, v_freed_ids, v_freed_seats
            from (
                select x.session_id, count(*) as offers, sum(x.seats) as seats
                from expired as x
                group by x.session_id
            ) as f;
        else
            v_freed_ids := v_ids;
            v_freed_seats := array_fill(0, array[cardinality(v_ids)]);
        end if;
        if v_freed_ids is not null then
            -- An update that names the counter fires the seat trigger, which offers seats to those who wait.
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
                returning
                    s.id, s.run_id, b.status as from_status, s.status as to_status,
                    b.waiting_count - s.waiting_count as offered
            ),
            recorded as (
                insert into status_changes (
                    machine, subject_id, from_status, to_status, cause, changed_by, actor, changed_at
                )
                select 'workshop.session', f.id, f.from_status, f.to_status, 'seats', v_by, v_actor, v_now
                from freed as f
                where f.from_status <> f.to_status
            )
            select sum(f.offered), array_agg(distinct f.run_id) filter (where f.from_status <> f.to_status)
            into v_offered, v_run_ids
            from freed as f;
            v_moved := coalesce(v_moved, v_offered);
        end if;
    end if;
    v_run_ids := array_remove(v_run_ids, null);
    if cardinality(v_run_ids) > 0 then
        -- A transaction that keeps its snapshot might miss sessions committed since; another tick will not.
        v_free_run_ids := case
            when v_keeps_snapshot then '{}'
            else array(
                select r.id
                from workshop_runs as r
                where r.id = any(v_run_ids)
                order by r.id
                for no key update skip locked
            )
        end;
        if p_step = 'follow_runs' then
            -- Notes of runs that are gone go too.
            v_free_run_ids := v_free_run_ids || array(
                select u.id
                from unnest(v_run_ids) as u (id)
                where not exists (select from workshop_runs as r where r.id = u.id)
            );
            v_moved := cardinality(v_free_run_ids);
        else
            insert into stale_runs (run_id)
            select u.id
            from unnest(v_run_ids) as u (id)
            where u.id <> all(v_free_run_ids);
        end if;
        insert into status_changes (machine, subject_id, from_status, to_status, cause, changed_by, actor, changed_at)
        select
            'workshop.run',
            f.run_id,
            f.from_status,
            f.to_status,
            (
                select r.cause
                from status_rules as r
                where r.machine = 'workshop.run' and r.from_status = f.from_status and r.to_status = f.to_status
                order by r.cause = 'clock' desc
                limit 1
            ),
            v_by,
            v_actor,
            v_now
        from _follow_runs(v_free_run_ids) as f
        where f.from_status <> f.to_status;
    end if;
    return coalesce(v_moved, 0);
end
$function$;

comment on function apply_step(text, text[], timestamptz) is
'Does a step of the clock for given sessions, if it is due; their runs follow, at once or with the step follow_runs.
p_step: one of steps(); p_ids: keys of sessions, for offer_runs and follow_runs of runs, locked by the caller; p_now:
time to judge by. Returns how many holds, offers, sessions or runs moved. Raises only what the application''s own
constraints and triggers raise.';

revoke all on function apply_step(text, text[], timestamptz) from public;
