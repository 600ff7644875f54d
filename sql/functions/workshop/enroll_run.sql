-- requires: functions/_as_booked, functions/_find_enrollments, functions/_refuse_reused_key
-- requires: functions/_require_new_student, functions/_require_run_turn, functions/_require_student
-- requires: functions/_require_written, functions/_run_items, functions/_take_order_seats, functions/workshops_on_sale
-- requires: functions/lifecycle.now
-- security: the caller names the student; sessions, price and status come from our tables.
-- Locks: the sessions of the run that are still to come, in id order; then as _take_order_seats().
-- Plans are made once, as in create_order(): a connection that books few runs would spend more on plans than on seats.
create or replace function enroll_run(
    p_run_id uuid,
    p_student_name text,
    p_student_email text,
    p_student_phone text default null,
    p_seats integer default 1,
    p_idempotency_key text default null
)
returns setof enrollments
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
set plan_cache_mode = force_generic_plan
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_email constant text := nullif(trim(p_student_email), '');
    v_phone constant text := nullif(trim(p_student_phone), '');
    v_key constant text := nullif(p_idempotency_key, '');
    v_booking_id constant uuid := gen_random_uuid();
    v_items order_items[];
    v_made enrollments;
    v_booked bigint;
begin
    perform _require_student(p_student_name, v_email, v_phone, p_seats, v_key);
    if v_key is not null then
        -- The sessions first: of two calls with the same key, the second waits here and then finds the rows of the
        -- first.
        perform
        from workshop_sessions as s
        where s.run_id = p_run_id and s.status in ('upcoming', 'active', 'full') and s.starts_at > v_now
        order by s.id
        for no key update;
        select e.*
        into v_made
        from enrollments as e
        where e.workshop_id = (select r.workshop_id from workshop_runs as r where r.id = p_run_id)
            and e.idempotency_key = v_key;
        if found then
            if (v_made.student_name, (_as_booked(v_made)).seats) is not distinct from (p_student_name::varchar, p_seats)
                and lower(v_made.student_email collate "C") is not distinct from lower(v_email collate "C")
                and v_made.student_phone is not distinct from v_phone
                and exists (
                    select
                    from enrollments as e
                    inner join workshop_sessions as s on (_as_booked(e)).session_id = s.id
                    where e.run_booking_id = v_made.run_booking_id and s.run_id = p_run_id
                )
            then
                return query
                select e.*
                from enrollments as e
                where e.run_booking_id = v_made.run_booking_id
                order by e.session_id;
                return;
            end if;
            perform _refuse_reused_key(v_made.id);
        end if;
    end if;
    v_items := array(select i from _run_items(p_run_id, p_seats, v_now) as i);
    if not exists (select from workshops_on_sale() as w where w.workshop_id = v_items[1].workshop_id) then
        raise exception using
            errcode = 'PT409',
            constraint = 'session_closed',
            message = format('run %s cannot be booked', p_run_id),
            detail = e'key: session_closed\n'
                || 'Its workshop is not published and active, or the creator''s shop is closed.',
            hint = 'session_availability shows what is on sale.';
    end if;
    perform _take_order_seats(v_items, v_now);
    perform _require_run_turn(v_items, v_now);
    return query
    insert into enrollments as e (
        workshop_id, session_id, student_name, student_email, student_phone, seats, total_price, status,
        idempotency_key, run_booking_id
    )
    select
        i.workshop_id, i.session_id, p_student_name, v_email, v_phone, p_seats, i.subtotal, 'successful',
        case i.session_id when v_items[1].session_id then v_key end, v_booking_id
    from unnest(v_items) as i
    where not exists (select from _find_enrollments(i.session_id, v_email, v_phone, v_now))
    on conflict (workshop_id, idempotency_key) do nothing
    returning e.*;
    get diagnostics v_booked = row_count;
    if v_booked < cardinality(v_items) then
        -- Another run or session was booked with the key in the same moment.
        perform _refuse_reused_key(e.id)
        from enrollments as e
        where e.workshop_id = v_items[1].workshop_id
            and e.idempotency_key = v_key
            and e.run_booking_id is distinct from v_booking_id;
        perform _require_new_student(i.session_id, v_email, v_phone, v_now)
        from unnest(v_items) as i
        where not exists (
            select
            from enrollments as e
            where e.run_booking_id = v_booking_id and e.session_id = i.session_id
        );
        perform _require_written('enrollments', v_booked, cardinality(v_items));
    end if;
end
$function$;

comment on function enroll_run(uuid, text, text, text, integer, text) is
'Enrolls a student in all future sessions of a run, or in none. It asks for no payment, as enroll(). p_run_id: the run;
p_student_name: who, not blank; p_student_email, p_student_phone: how to reach them (null: not given); p_seats: how many
in each session (default 1, 1 to 10000); p_idempotency_key: made up by the caller for this booking, so that a repeated
call returns the same rows (default none). Returns the rows of enrollments, one a session, successful, with the same
run_booking_id; their total_price adds up to the price of the run. Raises PT400 seats_not_positive, PT400 too_many,
PT400 name_missing, PT400 text_too_long, PT400 amount_too_large, PT404 run_not_found, PT409 session_closed (no future
session, one session cannot be booked now, or the workshop is not on sale), PT409 already_enrolled (in one of the
sessions), PT409 session_full (one of them is full, or people are on its waiting list), PT409 idempotency_key_reused.';

revoke all on function enroll_run(uuid, text, text, text, integer, text) from public;
grant execute on function enroll_run(uuid, text, text, text, integer, text) to sessionbook_app;
