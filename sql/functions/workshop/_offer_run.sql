-- requires: functions/run_has_room, functions/lifecycle.actor, functions/lifecycle.changed_by
-- requires: functions/lifecycle.now
-- Only the clock offers whole runs: a caller that frees a seat in one session must not lock the others. Strict order,
-- as in _offer_seats(): if the first in line does not fit, everybody behind waits too. What moves is recorded here, as
-- in apply_step().
-- Locks: the sessions of the run that are still to come and its entries, skipping the run if one of them is locked.
create or replace function _offer_run(p_run_id uuid, p_now timestamptz)
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
    v_sessions uuid[];
    v_entry waitlist_entries;
    v_until timestamptz;
    v_moved bigint;
begin
    with expired as (
        update waitlist_entries as w
        set status = 'expired'
        where w.id in (
            select o.id
            from waitlist_entries as o
            where o.run_id = p_run_id and o.status = 'offered' and o.offer_expires_at <= p_now
            for no key update skip locked
        )
        returning w.id
    )
    insert into status_changes (machine, subject_id, from_status, to_status, cause, changed_by, actor, changed_at)
    select 'workshop.waitlist', x.id, 'offered', 'expired', 'clock', v_by, v_actor, v_now
    from expired as x;
    get diagnostics v_moved = row_count;
    v_sessions := array(
        select s.id
        from workshop_sessions as s
        where s.run_id = p_run_id and s.status in ('upcoming', 'active', 'full') and s.starts_at > p_now
        order by s.id
        for no key update skip locked
    );
    if v_sessions <> array(
        select s.id
        from workshop_sessions as s
        where s.run_id = p_run_id and s.status in ('upcoming', 'active', 'full') and s.starts_at > p_now
        order by s.id
    ) then
        return v_moved;
    end if;
    loop
        select w.*
        into v_entry
        from waitlist_entries as w
        where w.id = (
            select f.id
            from waitlist_entries as f
            where f.run_id = p_run_id and f.status = 'waiting'
            order by f.priority desc, f.joined_at, f.id
            limit 1
        )
        for no key update skip locked;
        exit when not found or v_entry.status <> 'waiting' or not coalesce(run_has_room(p_run_id, p_now), true);
        v_moved := v_moved + 1;
        insert into status_changes (machine, subject_id, from_status, to_status, cause, changed_by, actor, changed_at)
        values (
            'workshop.waitlist', v_entry.id, 'waiting', case v_sessions when '{}' then 'closed' else 'offered' end,
            case v_sessions when '{}' then 'clock' else 'seats' end, v_by, v_actor, v_now
        );
        if v_sessions = '{}' then
            update waitlist_entries as w
            set status = 'closed'
            where w.id = v_entry.id;
            continue;
        end if;
        select least(p_now + (select g.offer_valid_for from settings as g), min(least(s.booking_closes_at, s.starts_at)))
        into v_until
        from workshop_sessions as s
        where s.id = any(v_sessions);
        update waitlist_entries as w
        set status = 'offered', offered_at = p_now, offer_expires_at = v_until
        where w.id = v_entry.id;
        insert into waitlist_entries (
            session_id, run_entry_id, student_name, seats, priority, status, joined_at, offered_at, offer_expires_at
        )
        select
            u.id, v_entry.id, v_entry.student_name, v_entry.seats, v_entry.priority, 'offered', v_entry.joined_at,
            p_now, v_until
        from unnest(v_sessions) as u (id);
        with before as (
            select s.id, s.status
            from workshop_sessions as s
            where s.id = any(v_sessions)
        ),
        taken as (
            update workshop_sessions as s
            set current_attendees = s.current_attendees + v_entry.seats
            from before as b
            where b.id = s.id
            returning s.id, b.status as from_status, s.status as to_status
        ),
        recorded as (
            insert into status_changes (
                machine, subject_id, from_status, to_status, cause, changed_by, actor, changed_at
            )
            select 'workshop.session', t.id, t.from_status, t.to_status, 'seats', v_by, v_actor, v_now
            from taken as t
            where t.from_status <> t.to_status
        )
        insert into stale_runs (run_id)
        select p_run_id
        from taken as t
        where t.from_status <> t.to_status
        limit 1;
    end loop;
    return v_moved;
end
$function$;

comment on function _offer_run(uuid, timestamptz) is
'Offers whole runs to those who wait for them, as far down the queue as seats suffice in every session that is still to
come; lets offers expire that ran out; closes the list of a run of which nothing is to come. p_run_id: the run; p_now:
time to judge by. Returns how many entries moved; also 0 if one of the sessions is locked. Raises nothing of its own.';

revoke all on function _offer_run(uuid, timestamptz) from public;
