"""The demo: its sample data, what its steps show, and the command."""

import datetime

import pytest
from psycopg.rows import scalar_row
from sessionbook.database import connect
from sessionbook.demo import CHAPTERS
from sessionbook.demo.show import Screen
from sessionbook.demo.story import Chapter, Step, load, play
from sessionbook.errors import SessionbookError, SqlError

(WORKSHOPS,) = (chapter for chapter in CHAPTERS if chapter.unit == "workshop")
(LESSONS,) = (chapter for chapter in CHAPTERS if chapter.unit == "tutoring")
(WEEK,) = (chapter for chapter in CHAPTERS if chapter.unit == "training")


@pytest.fixture(scope="module")
def fresh(server, template):
    """As `loaded`, for tests that only look."""
    name = server.create_database(template)
    with connect(server.dsn(name)) as connection:
        load(connection, WORKSHOPS)
        yield connection
    server.drop_database(name)


@pytest.fixture
def loaded(database):
    """A connection to a database with the workshops' sample data."""
    with connect(database) as connection:
        load(connection, WORKSHOPS)
        yield connection


@pytest.fixture(scope="module")
def shown(server, template):
    """A connection to a database in which all chapters were played, and their steps by unit, to look at."""
    name = server.create_database(template)
    with connect(server.dsn(name)) as connection:
        steps = {}
        for chapter in CHAPTERS:
            load(connection, chapter)
            steps[chapter.unit] = list(play(connection, chapter))
        yield connection, steps
    server.drop_database(name)


def looking(shown, unit):
    connection, steps = shown
    connection.execute(f"set search_path = {unit}")
    return connection, steps[unit]


@pytest.fixture
def market(shown):
    """After the workshops' chapter."""
    return looking(shown, "workshop")[0]


@pytest.fixture
def played(shown):
    """The steps of the workshops' chapter, after they ran."""
    return shown[1]["workshop"]


@pytest.fixture
def school(shown):
    """After the lessons' chapter."""
    return looking(shown, "tutoring")[0]


@pytest.fixture
def lessons(shown):
    """The steps of the lessons' chapter, after they ran, by their titles."""
    return {step.step.title: step for step in shown[1]["tutoring"]}


@pytest.fixture
def department(shown):
    """After the department's chapter."""
    return looking(shown, "training")[0]


@pytest.fixture
def week(shown):
    """The steps of the department's chapter, after they ran, by their titles."""
    return {step.step.title: step for step in shown[1]["training"]}


def titled(chapter, start):
    (step,) = (step for title, step in chapter.items() if title.startswith(start))
    return [dict(zip(step.columns, row, strict=True)) for row in step.rows]


def one(connection, sql):
    return connection.cursor(row_factory=scalar_row).execute(sql).fetchone()


def records(played, words):
    (step,) = (step for step in played if words in step.step.sql)
    return [dict(zip(step.columns, row, strict=True)) for row in step.rows]


def test_chapters_begin_with_a_title_and_a_sentence():
    for chapter in CHAPTERS:
        assert len(chapter.title) < 40
        assert len(chapter.data) > 40


def test_marketplace_has_3_creators_and_12_workshops(fresh):
    assert one(fresh, "select count(*) from creators where name <> '' and name_ar <> ''") == 3
    assert one(fresh, "select count(*) from workshops where name <> '' and title_ar <> ''") == 12
    assert one(fresh, "select count(*) from workshop_sessions") == 20


@pytest.mark.parametrize(
    "kind",
    [
        "starts_at <= now() and ends_at > now()",
        "status = 'completed'",
        "over_at <= now() and status = 'active'",
        "status = 'upcoming' and starts_at > now()",
        "status = 'full' and starts_at > now()",
        "status = 'cancelled'",
        "coalesce(max_attendees, 0) = 0",
        "end_time < start_time and end_date is null",
        "end_date > session_date",
        "jsonb_array_length(session_dates) > 1",
        "run_id is null",
        "timezone <> 'Asia/Kuwait'",
        "end_time is null and duration is not null",
    ],
)
def test_marketplace_has_every_kind_of_session(fresh, kind):
    assert one(fresh, f"select count(*) from workshop_sessions where {kind}") > 0


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
def test_something_is_running_whatever_zone_the_reader_is_in(database, zone):
    with connect(database) as connection:
        connection.execute("select set_config('TimeZone', %s, false)", [zone])
        load(connection, WORKSHOPS)
        assert one(connection, "select count(*) from workshop_sessions where now() between starts_at and ends_at") > 0
        assert all(step.rows or step.error for step in play(connection, WORKSHOPS))


def test_counters_agree_with_enrollments_before_and_after(loaded):
    assert one(loaded, "select count(*) from seat_drift") == 0
    for _ in play(loaded, WORKSHOPS):
        pass
    assert one(loaded, "select count(*) from seat_drift") == 0


def test_no_student_sits_twice_in_a_session(fresh):
    assert one(fresh, "select count(*) from enrollments") == one(
        fresh, "select count(*) from (select distinct session_id, student_name from enrollments) as e"
    )


def test_every_step_has_rows_or_the_refusal_it_is_about(played):
    assert [step.step.title for step in played if not step.rows] == [
        step.title for step in WORKSHOPS.steps if step.refused
    ]


def test_clone_makes_as_many_sessions_as_the_first_run_has(played):
    assert [row["sessions_created"] for row in records(played, "clone_workshop_sessions")] == [3]


def test_seats_fill_one_by_one(played):
    rows = records(played, "returning current_attendees")
    assert [(row["current_attendees"], row["status"]) for row in rows] == [(1, "active"), (2, "active"), (3, "full")]


def test_seat_too_many_is_refused(played):
    errors = [step.error for step in played if step.error]
    assert [(error["sqlstate"], error["key"]) for error in errors] == [("PT409", "session_full")] * 2
    assert all(all(error.values()) for error in errors)


def test_of_a_rush_for_three_seats_three_get_one(market, played):
    assert records(played, "create_order(") == [
        {"connections": 3, "answer": "pending"},
        {"connections": 17, "answer": "PT409 session_full"},
    ]
    assert one(market, "select array_agg(order_number order by order_number) from orders") == [
        "000001",
        "000002",
        "000003",
        "000004",
    ]


def test_holds_that_ran_out_go_to_those_who_wait(played):
    assert [row["status"] for row in records(played, "join_waitlist(")] == ["waiting", "waiting"]
    offers = records(played, "offer_expires_at")
    assert [(row["student_name"], row["status"]) for row in offers] == [("Salma", "offered"), ("Jaber", "offered")]


def test_offer_that_is_accepted_twice_is_one_enrollment(market, played):
    first, second = records(played, "accept_offer(")
    assert first == second
    assert one(market, "select count(*) from enrollments where student_name = 'Salma'") == 1


def test_late_payment_gets_the_seat_that_nobody_waits_for(market, played):
    assert [row["status"] for row in records(played, "leave_waitlist(")] == ["paid"]
    assert one(market, "select array_agg(status order by order_number) from orders") == [
        "paid",
        "paid",
        "pending",
        "paid",
    ]


def test_rush_leaves_every_promise_about_seats_kept(market, played):
    (night,) = records(played, "broken_promises")
    assert (night["seats"], night["attendees"], night["enrolled"], night["broken_promises"]) == (10, 10, 10, 0)
    assert one(market, "select count(*) from seat_audit") == 0


def test_clock_completes_what_is_over(played):
    rows = records(played, "c.cause = 'clock'")
    assert {row["to_status"] for row in rows} == {"completed"}


def test_look_into_the_future_leaves_no_trace(market, played):
    assert records(played, "interval '2 days'")[0]["schema_name"] == "workshop"
    assert one(market, "select lifecycle.now() = now()")
    assert one(market, "select count(*) from workshop_sessions where status = 'completed' and over_at > now()") == 0


def test_history_tells_of_seats_clock_and_people(market, played):
    assert one(market, "select array_agg(distinct cause order by cause) from status_changes") == [
        "clock",
        "person",
        "seats",
    ]
    assert one(market, "select count(distinct changed_at::date) from status_changes") > 3


def test_lesson_is_reminded_of_an_hour_before_and_without_a_number_says_why(lessons):
    first, second = titled(lessons, "09:30")
    assert (first["state"], second["state"], second["reason"]) == ("queued", "skipped", "no_phone_number")
    assert [row["student"] for row in titled(lessons, "A courier claims")] == ["Sara Ali"]
    assert titled(lessons, "Asked again") == [{"count": 0}]


def test_lessons_begin_and_end_by_themselves(lessons):
    running = {row["course_name"]: row["status"] for row in titled(lessons, "10:40")}
    assert running == {
        "Algebra": "in_progress",
        "Physics": "in_progress",
        "Chemistry": "scheduled",
        "English": "scheduled",
        "Grammar": "scheduled",
    }
    over = {row["course_name"]: row["status"] for row in titled(lessons, "17:00")}
    assert over == {"Algebra": "completed", "Physics": "completed", "Chemistry": "completed", "English": "no_show"}


def test_lesson_that_moves_is_reminded_of_again(lessons):
    assert [row["kind"] for row in titled(lessons, "11:21")] == ["changed"]
    assert [row["state"] for row in titled(lessons, "14:05")] == ["sent", "sent", "queued"]
    assert [row["student"] for row in titled(lessons, "Which goes out")] == ["Bader Salem"]
    assert [row["step"] for row in titled(lessons, "The log")] == [
        "reminder", "reminder", "reschedule", "changed", "reminder", "start", "complete",
    ]  # fmt: skip


def test_reminder_without_an_answer_is_tried_again(lessons):
    assert [row["attempts"] for row in titled(lessons, "12:10")] == [1]
    assert [row["student"] for row in titled(lessons, "12:11")] == ["Lina Haddad"]


def test_lessons_leave_the_clock_at_the_present(school, lessons):
    assert one(school, "select lifecycle.now() = now()")
    assert [row["status"] for row in titled(lessons, "What runs now")] == ["scheduled"] * 4
    assert one(school, "select count(*) from status_changes where changed_at > now()") == 0


def test_every_step_of_the_lessons_has_rows(lessons):
    assert [title for title, step in lessons.items() if not step.rows] == []


def test_department_has_40_people_4_courses_5_trainers_and_3_venues(department):
    counts = {"personnel": 40, "courses": 4, "trainers": 5, "venues": 3}
    assert {table: one(department, f"select count(*) from {table}") for table in counts} == counts
    assert one(department, "select count(*) from trainers where type = 'EXTERNAL'") == 1


def test_draft_begins_with_a_course_only(week):
    (draft,) = titled(week, "Monday 08:00")
    assert draft == {
        "course_id": "course_heights",
        "trainer_id": None,
        "venue_id": None,
        "start_time": None,
        "status": "DRAFT",
    }


def test_trainers_are_labelled_with_their_week_before_and_after_a_session_is_published(week):
    before = {row["trainer_id"]: row["label"] for row in titled(week, "Who may teach it")}
    assert before == {
        "c_john_smith": "John Smith (12h booked this week)",
        "c_rakesh_menon": "Rakesh Menon (2h booked this week)",
        "c_tomas_novak": "Tomáš Novák (0h booked this week)",
    }
    after = {row["trainer_id"]: row["label"] for row in titled(week, "Everybody's week")}
    assert after["c_rakesh_menon"] == "Rakesh Menon (8h booked this week)"


def test_availability_tells_what_is_in_the_way_from_drafts(week):
    rows = titled(week, "Is Smith free")
    assert [(row["trainer_available"], row["venue_available"]) for row in rows] == [(False, True)] * 2
    assert [(row["resource"], row["status"]) for row in rows] == [("trainer", "SCHEDULED"), ("venue", "DRAFT")]


def test_department_is_refused_what_cannot_be(week):
    assert [(step.error["sqlstate"], step.error["key"]) for step in week.values() if step.error] == [
        ("PT409", "trainer_busy"),
        ("PT400", "trainer_not_qualified"),
        ("PT409", "attendance_unmarked"),
    ]
    assert [title for title, step in week.items() if not step.rows] == [
        step.title for step in WEEK.steps if step.refused
    ]


def test_picker_shows_its_four_groups(week):
    assert [(row["group"], row["status"], row["people"]) for row in titled(week, "Whom to invite")] == [
        (1, "NON_COMPLIANT", 11),
        (2, "PENDING", 6),
        (3, "COMPLIANT", 5),
        (4, "COMPLIANT", 10),
        (4, None, 8),
    ]
    assert [row["last_name"] for row in titled(week, "Anyone is found")] == ["López"]


def test_room_that_is_too_small_is_warned_of_until_the_session_moves(week):
    (added,) = titled(week, "The first 25")
    assert (added["added"], added["warning"]) == (25, "Venue Capacity Exceeded (25/20)")
    assert "over_capacity" in [row["alert"] for row in titled(week, "What needs a person")]
    assert "over_capacity" not in [row["alert"] for row in titled(week, "What was left undone")]


def test_attendance_renews_compliance(department, week):
    (marked,) = titled(week, "22 came")
    assert (marked["attended"], marked["no_show"], marked["registered"]) == (22, 3, 0)
    came, *others = titled(week, "Completed")
    assert (came["attendance"], came["compliance"], came["people"]) == ("ATTENDED", "COMPLIANT", 22)
    assert one(
        department,
        """
        select (s.end_time at time zone 'UTC')::date + interval '24 months' from sessions as s
        where s.id = demo.session()
        """,
    ) == datetime.datetime.combine(came["expiry_date"], datetime.time())
    assert [row["attendance"] for row in others] == ["NO_SHOW"] * 3


def test_compliance_lapses_by_itself(week):
    assert [row["status"] for row in titled(week, "Back to the present")] == ["NON_COMPLIANT"] * 3


def test_department_leaves_alerts_for_what_was_left_undone(week):
    assert {row["alert"] for row in titled(week, "What was left undone")} == {
        "not_completed",
        "draft_due",
        "no_qualified_trainer",
    }


def test_department_leaves_the_clock_at_the_present_and_healthy(department, week):
    assert one(department, "select lifecycle.now() = now()")
    assert one(department, "select count(*) from status_changes where changed_at > now()") == 0
    (health,) = titled(week, "And does the clock")
    assert (health["healthy"], health["reason"]) == (True, "")


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
def test_week_is_the_same_whatever_zone_the_reader_is_in(database, zone):
    with connect(database) as connection:
        connection.execute("select set_config('TimeZone', %s, false)", [zone])
        load(connection, WEEK)
        steps = {step.step.title: step for step in play(connection, WEEK)}
    assert [row["people"] for row in titled(steps, "Whom to invite")] == [11, 6, 5, 10, 8]
    assert [row["status"] for row in titled(steps, "Back to the present")] == ["NON_COMPLIANT"] * 3


def test_chapters_do_not_touch_each_other(shown):
    connection, steps = shown
    assert all(step.rows or step.error for chapter in CHAPTERS for step in steps[chapter.unit])
    assert one(connection, "select count(*) from workshop.seat_drift") == 0
    assert one(connection, "select count(*) from workshop.status_changes where changed_at > now()") == 0
    assert one(connection, "select healthy from lifecycle.health")


def test_lines_fit_a_terminal_of_100_columns(played, lessons, week, monkeypatch, capsys):
    monkeypatch.delenv("COLUMNS", raising=False)
    screen = Screen()
    screen.chapter(WORKSHOPS, "Asia/Kuwait")
    for number, step in enumerate(played, start=1):
        screen.step(number, step)
    screen.chapter(LESSONS, "Asia/Kuwait")
    for number, step in enumerate(lessons.values(), start=1):
        screen.step(number, step)
    screen.chapter(WEEK, "Asia/Kuwait")
    for number, step in enumerate(week.values(), start=1):
        screen.step(number, step)
    out = capsys.readouterr().out
    assert [line for line in out.splitlines() if len(line) > 110] == []
    assert "PT409 session_full" in out
    assert "queue_reminders" in out
    assert "no_qualified_trainer" in out
    assert "الخزف على الدولاب" in out or "نسيج السدو" in out


def test_step_that_should_have_been_refused_stops_the_demo(loaded):
    chapter = Chapter("workshop", "", "", (Step("Nothing wrong", "select 1", refused="PT409 session_full"),))
    with pytest.raises(SessionbookError, match="PT409 session_full"):
        list(play(loaded, chapter))


@pytest.mark.parametrize("refused", [None, "PT409 session_full"])
def test_other_errors_stop_the_demo(loaded, refused):
    chapter = Chapter("workshop", "", "", (Step("Broken", "select 1 / 0", refused=refused),))
    with pytest.raises(SqlError) as error:
        list(play(loaded, chapter))
    assert error.value.sqlstate == "22012"


def test_connections_at_once_are_counted_by_their_answer(loaded):
    chapter = Chapter("workshop", "", "", (Step("Where", "select 1;\nselect current_schema()", at_once=3),))
    (step,) = play(loaded, chapter)
    assert (step.columns, step.rows) == (["connections", "answer"], [(3, "workshop")])


@pytest.mark.parametrize("sql", ["select 1 / 0", "select 1 / 0;\nselect 1"])
def test_other_errors_of_connections_at_once_stop_the_demo(loaded, sql):
    chapter = Chapter("workshop", "", "", (Step("Broken", sql, at_once=3),))
    with pytest.raises(SqlError) as error:
        list(play(loaded, chapter))
    assert error.value.sqlstate == "22012"
