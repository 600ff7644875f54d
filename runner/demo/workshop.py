"""The demo's workshops: a marketplace, from repeating a workshop to the history of its statuses."""

from .story import Chapter, Step

# Keys as workshop.sql gives them, so that every statement can be pasted into psql afterwards.
_WHEEL = "20000000-0000-4000-8000-000000000001"
_PHONE = "20000000-0000-4000-8000-000000000008"
_GLAZING = "30000000-0000-4000-8000-000000000004"

_TAKE_A_SEAT = f"""\
update workshop_sessions set current_attendees = current_attendees + 1
where id = '{_GLAZING}'"""  # noqa: S608

CHAPTER = Chapter(
    unit="workshop",
    title="Workshops: a marketplace",
    data="Three creators, twelve workshops, twenty sessions: over, running and to come around this very day.",
    steps=(
        Step(
            "Workshops with available sessions",
            """\
select distinct w.name, w.price, w.currency,
    count(distinct s.id) as available_sessions, w.title_ar
from workshops w join workshop_sessions s on w.id = s.workshop_id
where w.is_active = true and s.status not in ('full', 'cancelled', 'completed')
    and s.session_date >= current_date
group by w.id order by w.name""",
        ),
        Step(
            "Repeat a workshop: one call copies its run to new dates",
            f"""\
select * from clone_workshop_sessions(
    '{_WHEEL}', current_date + 14, 'Second Batch')""",  # noqa: S608
        ),
        Step(
            "Its sessions, the old and the new: one view knows the seats and the status as of now",
            f"""\
select session_date, start_time, end_time, available_seats, calculated_status, run_name
from session_availability
where workshop_id = '{_WHEEL}' and calculated_status != 'full'
order by session_date""",  # noqa: S608
        ),
        Step(
            "What comes next, in any zone: 19:00 in New York stays 19:00 in New York",
            """\
select workshop_name, session_date, start_time, timezone, starts_at,
    coalesce(available_seats::text, 'unlimited') as seats
from session_availability
where starts_at > now() and calculated_status != 'full'
order by starts_at limit 5""",
        ),
        Step(
            "A session fills up seat by seat: upcoming, active, full",
            f"{_TAKE_A_SEAT}\nreturning current_attendees, max_attendees, status, status_ar",
            times=3,
        ),
        Step("The next seat is refused, whoever asks", _TAKE_A_SEAT, refused="PT409 session_full"),
        Step(
            "Enrollments say who sits there: their count by session",
            f"""\
insert into enrollments (workshop_id, session_id, student_name, status)
select workshop_id, id, unnest(array['Dana', 'Omar', 'ريم']), 'successful'
from workshop_sessions where id = '{_GLAZING}';

select w.name, ws.session_date, ws.current_attendees, ws.status, count(e.id) as enrollment_count
from workshop_sessions ws
join workshops w on w.id = ws.workshop_id left join enrollments e on ws.id = e.session_id
where w.name in ('Glazing Day', 'Naskh Calligraphy')
group by ws.id, w.name order by ws.session_date""",  # noqa: S608
        ),
        Step(
            "An order asks for the next free session; one without a run gets its workshop's default run",
            f"""\
select session_date, start_time, max_attendees - current_attendees as seats_left, run_id
from get_next_available_session('{_PHONE}')""",  # noqa: S608
        ),
        Step(
            "The clock ticks: what is over by now is completed",
            """\
call lifecycle.run_tick();

select w.name, s.session_date, c.from_status, c.to_status, c.cause, s.status_ar
from status_changes c
join workshop_sessions s on s.id = c.subject_id join workshops w on w.id = s.workshop_id
where c.cause = 'clock' and c.changed_at > now() - interval '1 minute'""",
        ),
        Step(
            "And in two days? Move the clock, let it tick, take it all back",
            """\
begin;
select set_config('lifecycle.fake_now', (now() + interval '2 days')::text, true);
select * from lifecycle.tick() where moved > 0;
rollback""",
        ),
        Step(
            "Every run at a glance",
            """\
select workshop_name, run_name, total_sessions as sessions,
    total_enrolled || ' of ' || coalesce(total_capacity::text, '∞') as seats,
    status, next_session_at
from workshop_run_summary order by start_date""",
        ),
        Step(
            "Every move of a status is kept: when, what, why and by whom",
            """\
select c.changed_at, w.name, s.session_date, c.from_status, c.to_status, c.cause, c.changed_by
from status_changes c
join workshop_sessions s on s.id = c.subject_id join workshops w on w.id = s.workshop_id
order by c.id desc limit 6""",
        ),
    ),
)
