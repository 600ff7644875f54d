"""The demo's tutoring: one day of lessons, played fast on a clock that is moved."""

from .story import Chapter, Step

# Keys as tutoring.sql gives them: lessons 1 to 4 are yesterday's, in the order in which they were to start.
_CHEMISTRY, _ENGLISH, _GRAMMAR = 3, 4, 5

_DELIVER = """\
select c.recipient, c.message ->> 'student' as student, c.message ->> 'course' as course,
    left(c.message ->> 'start_time', 5) as start_time
from claim_reminders('courier-1') as c, complete_reminder(c.id, 'courier-1')"""

_REMINDERS = """\
select r.session_id, r.kind, r.due_at, r.for_starts_at, r.state, r.reason, r.attempts
from reminders r"""

_WORKFLOWS = """\
select w.session_id as id, c.course_name, w.status, w.next_step, w.next_step_at,
    w.reminder_state as reminder, w.reminder_reason as reason
from session_workflows w join enrolled_courses c on c.id = w.enrolled_courses_id"""


def _at(time: str, show: str, *then: str) -> str:
    """Goes to a time of the day, lets the clock tick, then shows what came of it."""
    return ";\n".join((f"select demo.go_to('{time}')", "select * from lifecycle.tick()", *then, show))


CHAPTER = Chapter(
    unit="tutoring",
    title="Tutoring: a day of lessons",
    data="Two tutors, four students, one of them without a number. The clock is moved through yesterday, in Kuwait.",
    steps=(
        Step(
            "08:00, the day's plan",
            """\
select demo.go_to('08:00');
select session_id, start_time, end_time, course_name, student_name, tutor_name, status
from upcoming_sessions order by starts_at limit 4""",
        ),
        Step(
            "09:30, an hour before a lesson its reminder is queued; without a number it is skipped, and says why",
            _at("09:30", f"{_REMINDERS} order by r.session_id"),
        ),
        Step("A courier claims what is due, sends it (this one prints) and says so", _DELIVER),
        Step("Asked again, it gets nothing: none is sent twice", "select count(*) from claim_reminders('courier-2')"),
        Step(
            "10:40, two lessons are on: all running workflows, and what each does next",
            _at("10:40", f"{_WORKFLOWS}\norder by w.starts_at"),
        ),
        Step("11:10, Algebra is over, and Bader is reminded of Chemistry", _at("11:10", _DELIVER)),
        Step(
            "11:20, Bader cannot make it: the lesson moves to three o'clock, and nothing needs cancelling",
            f"""\
select demo.go_to('11:20');
select id, session_date, start_time, end_time, status
from reschedule_session({_CHEMISTRY}, (select session_date from sessions where id = {_CHEMISTRY}), '15:00', '16:00')""",  # noqa: S608
        ),
        Step(
            "12:10, no answer from WhatsApp: the courier says so, and is told when to try again",
            _at(
                "12:10",
                """\
select c.message ->> 'student' as student, c.attempts,
    fail_reminder(c.id, 'courier-1', 'no answer in time') as next_attempt_at
from claim_reminders('courier-1') as c""",
            ),
        ),
        Step("12:11, the second attempt", f"select demo.go_to('12:11');\n{_DELIVER}"),
        Step(
            "13:20, English began at one, and nobody came",
            _at("13:20", f"select id, start_time, status from mark_no_show({_ENGLISH})"),  # noqa: S608
        ),
        Step(
            "14:05, the lesson that moved: noon's reminder was sent, the new time gets one of its own",
            _at("14:05", f"{_REMINDERS} where r.session_id = {_CHEMISTRY} order by r.for_starts_at"),
        ),
        Step("Which goes out too", _DELIVER),
        Step(
            "17:00, one tick catches up with all that was due since",
            _at(
                "17:00",
                """\
select s.id, c.course_name, s.start_time, s.status
from sessions s join enrolled_courses c on c.id = s.enrolled_courses_id
where s.starts_at < lifecycle.now() order by s.id""",
            ),
        ),
        Step(
            "The log of the lesson that moved, and of whatever was not done",
            f"""\
select l.logged_at, l.session_id, l.step, l.outcome, l.detail, l.attempts, l.cause
from workflow_log l where l.session_id = {_CHEMISTRY} or l.outcome <> 'done' order by l.logged_at""",  # noqa: S608
        ),
        Step(
            "Back to the present: a weekly lesson is made for its dates, 17:00 in London whatever the season",
            f"""\
reset lifecycle.fake_now;
select g.session_date, g.start_time, g.timezone, g.starts_at from generate_recurring_sessions({_GRAMMAR}) as g""",  # noqa: S608
        ),
        Step("What runs now, and what comes next", f"{_WORKFLOWS}\norder by w.starts_at"),
    ),
)
