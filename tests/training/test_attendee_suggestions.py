"""attendee_suggestions(): whom to invite, those who need the course most first."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg.errors import LockNotAvailable

from support.connect import Connect
from support.department import Department
from support.errors import raises_key

NOON = "2027-01-04 12:00+00"


@pytest.fixture
def session(training: Department) -> str:
    """A draft of the department's course, asked about at noon of 2027-01-04."""
    training.at(NOON)
    return training.draft()


def suggested(training: Department, session: str, *more: Any) -> list[tuple[str, int]]:
    """First names with their groups, in the order suggested."""
    marks = ", ".join(["%s"] * (1 + len(more)))
    rows = training.rows(f"select * from attendee_suggestions({marks})", session, *more)
    return [(row["first_name"], row["suggestion_group"]) for row in rows]


def names(training: Department, session: str, *more: Any) -> list[str]:
    return [name for name, _ in suggested(training, session, *more)]


def test_red_then_yellow_then_expiring_then_everyone_else(training: Department, session: str) -> None:
    people = {name: training.person(name, "Same") for name in ("Free", "Green", "Forever", "Soon", "Yellow", "Red")}
    training.item(people["Green"], "COMPLIANT", "2027-02-04")
    training.item(people["Forever"], "COMPLIANT")
    training.item(people["Soon"], "COMPLIANT", "2027-02-03")
    training.item(people["Yellow"], "PENDING")
    training.item(people["Red"])
    assert suggested(training, session) == [
        ("Red", 1), ("Yellow", 2), ("Soon", 3), ("Forever", 4), ("Free", 4), ("Green", 4),
    ]  # fmt: skip


def test_rows_say_status_and_expiry_and_null_without_an_item(training: Department, session: str) -> None:
    soon, free = training.person("Soon"), training.person("Free")
    training.item(soon, "COMPLIANT", "2027-01-20")
    red, yellow = training.person("Red"), training.person("Yellow")
    training.item(red)
    training.item(yellow, "PENDING")
    rows = training.rows(
        "select personnel_id, status, status_ar, expiry_date::text from attendee_suggestions(%s)", session
    )
    assert [tuple(row.values()) for row in rows] == [
        (red, "NON_COMPLIANT", "غير مستوفٍ", None),
        (yellow, "PENDING", "قيد الانتظار", None),
        (soon, "COMPLIANT", "مستوفٍ", "2027-01-20"),
        (free, None, None, None),
    ]


def test_expired_since_the_last_tick_is_red_among_the_red(training: Department, session: str) -> None:
    for name, status, expires in (
        ("Ann", "NON_COMPLIANT", None),
        ("Bea", "COMPLIANT", "2027-01-03"),
        ("Cid", "NON_COMPLIANT", "2020-01-01"),
        ("Dan", "COMPLIANT", "2027-01-04"),
    ):
        training.item(training.person(name, "Same"), status, expires)
    assert suggested(training, session) == [("Ann", 1), ("Bea", 1), ("Cid", 1), ("Dan", 3)]
    assert training.one("select status from attendee_suggestions(%s, 'bea')", session) == "NON_COMPLIANT"


def test_expiring_soonest_first_and_by_name_on_the_same_day(training: Department, session: str) -> None:
    for name, expires in (("Ann", "2027-01-20"), ("Cid", "2027-01-10"), ("Bea", "2027-01-10")):
        training.item(training.person(name, "Same"), "COMPLIANT", expires)
    assert names(training, session) == ["Bea", "Cid", "Ann"]


@pytest.mark.parametrize("status", ["NON_COMPLIANT", "PENDING", None])
def test_alphabetical_by_last_and_then_first_name_whatever_case_and_accents(
    training: Department, session: str, status: str | None
) -> None:
    for first, last in (
        ("6", "Zola"),
        ("2", "de la Cruz"),
        ("3", "Éclair"),
        ("b", "De"),
        ("4", "edwards"),
        ("A", "De"),
        ("5", "Özil"),
    ):
        person = training.person(first, last)
        if status is not None:
            training.item(person, status)
    assert names(training, session) == ["A", "b", "2", "3", "4", "5", "6"]


def test_registered_and_those_who_left_are_not_among_them(training: Department, session: str) -> None:
    for status in ("NON_COMPLIANT", "PENDING", "COMPLIANT", None):
        for name in ("Here", "Registered", "Left"):
            person = training.person(name, deleted_at="2026-01-01" if name == "Left" else None)
            if status is not None:
                training.item(person, status, "2027-01-20" if status == "COMPLIANT" else None)
            if name == "Registered":
                training.attend(session, person)
    assert suggested(training, session) == [("Here", 1), ("Here", 2), ("Here", 3), ("Here", 4)]


def test_lists_of_other_sessions_and_items_of_other_courses_do_not_count(training: Department, session: str) -> None:
    person = training.person("Noor")
    training.item(person, course_id=training.new_course("Fire safety"))
    training.attend(training.draft(), person)
    assert suggested(training, session) == [("Noor", 4)]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("HADDAD", ["Noor"]),
        ("noor haddad", ["Noor"]),
        ("haddad noor", ["Noor"]),
        ("oor had", ["Noor"]),
        ("dd  n", ["Noor"]),
        (" noor ", ["Noor"]),
        ("jose", ["José"]),
        ("JOSÉ", ["José"]),
        ("muller", ["Jürgen"]),
        ("strass", ["Søren"]),
        ("soren", ["Søren"]),
        ("lukasz", ["Łukasz"]),
        ("isik", ["I\u015f\u0131k"]),
        ("احمد", ["أَحْمَد"]),
        ("%", []),
        ("_", []),
        ("\\", []),
        ("100%", []),
        ("o'b", ["Pat"]),
        ("haddad haddad", ["Noor"]),
        ("anna schmidt", ["Anna Maria"]),
        ("Schmidt, Anna", ["Anna Maria"]),
        ("maria sch ann", ["Anna Maria"]),
        ("annamaria", ["Anna Maria"]),
        ("anna berg", []),
        ("al masri", ["Huda"]),
        ("al-masri", ["Huda"]),
        ("almasri", ["Huda"]),
        ("masri huda", ["Huda"]),
        ("obrien", ["Pat"]),
        ("o brien", ["Pat"]),
        ("O\u2019Brien", ["Pat"]),
        ("فاطمه", ["فاطمة"]),
        ("فَاطِمَـة", ["فاطمة"]),
        ("مصطفي", ["مصطفى"]),
        ("مصطفی", ["مصطفى"]),
        ("امال", ["آمال"]),
        ("ايمان", ["إيمان"]),
        ("عبدالله امال", ["آمال"]),
        ("عبد الله", ["آمال", "إيمان"]),
        ("\ufe81\ufee3\ufe8e\ufedd", ["آمال"]),
        ("فايزه", ["فائزة"]),
        ("هيفا", ["هَيفاء"]),
        ("هيفاء", ["هَيفاء"]),
        ("رووف", ["هَيفاء"]),
        ("Ελληνασ", ["Έλληνας"]),
        ("anne marie", ["Anne\u2011Marie"]),
        ("darcy", ["Anne\u2011Marie"]),
        ("-", None),
        ("nobody", []),
    ],
)
def test_search_is_by_words_in_any_order_without_case_accents_and_letter_forms(
    training: Department, session: str, search: str, found: list[str] | None
) -> None:
    for first, last in (
        ("Noor", "Haddad"),
        ("José", "Núñez"),
        ("Jürgen", "Müller"),
        ("Søren", "Straße"),
        ("Łukasz", "Đorđe"),
        ("I\u015f\u0131k", "Y\u0131ld\u0131z"),
        ("أَحْمَد", "الصباح"),
        ("Pat", "O'Brien"),
        ("Anna Maria", "Schmidt"),
        ("Huda", "Al-Masri"),
        ("فاطمة", "الحداد"),
        ("مصطفى", "الكندري"),
        ("آمال", "عبد الله"),
        ("إيمان", "عبدالله"),
        ("فائزة", "الصالح"),
        ("هَيفاء", "رؤوف"),
        ("Έλληνας", "Παπάς"),
        ("Anne\u2011Marie", "d\u02bcArcy"),
    ):
        training.person(first, last)
    everybody = names(training, session)
    assert names(training, session, search) == (everybody if found is None else found)


@pytest.mark.parametrize("search", [None, "", "  "])
def test_empty_search_finds_everybody(training: Department, session: str, search: str | None) -> None:
    training.person("Noor")
    assert names(training, session, search) == ["Noor"]


def test_search_keeps_groups_and_their_order(training: Department, session: str) -> None:
    for name, status, expires in (
        ("Ann", "COMPLIANT", "2027-01-20"),
        ("Bea", "PENDING", None),
        ("Cid", "NON_COMPLIANT", None),
        ("Dan", "COMPLIANT", "2027-01-02"),
    ):
        training.item(training.person(name, "Match"), status, expires)
        training.item(training.person(name, "Other"), status, expires)
    training.person("Eva", "Match")
    assert suggested(training, session, "match") == [("Cid", 1), ("Dan", 1), ("Bea", 2), ("Ann", 3), ("Eva", 4)]


def test_limit_goes_over_all_groups(training: Department, session: str) -> None:
    for name, status, expires in (
        ("A", "NON_COMPLIANT", None),
        ("B", "COMPLIANT", "2027-01-01"),
        ("C", "PENDING", None),
        ("D", "COMPLIANT", "2027-01-20"),
        ("E", "COMPLIANT", None),
    ):
        training.item(training.person(name, "Same"), status, expires)
    everybody = ["A", "B", "C", "D", "E"]
    assert [names(training, session, None, limit) for limit in (1, 2, 3, 4, 5, 6)] == [
        everybody[:limit] for limit in (1, 2, 3, 4, 5, 6)
    ]


def test_fifty_where_nothing_is_said(training: Department, session: str) -> None:
    training.conn.execute(
        "insert into personnel (first_name, last_name) select 'P', n from generate_series(1, 60) as n"
    )
    assert len(names(training, session)) == 50
    assert len(names(training, session, None, 1000)) == 60


@pytest.mark.parametrize("limit", [0, -1, None])
def test_limit_is_at_least_one(training: Department, session: str, limit: int | None) -> None:
    with raises_key("PT400", "limit_not_positive"):
        suggested(training, session, None, limit)


def test_limit_is_a_thousand_at_most(training: Department, session: str) -> None:
    with raises_key("PT400", "too_many"):
        suggested(training, session, None, 1001)


def test_search_is_for_part_of_a_name(training: Department, session: str) -> None:
    assert suggested(training, session, "x" * 200) == []
    with raises_key("PT400", "search_too_long"):
        suggested(training, session, "x" * 201)


@pytest.mark.parametrize("session", ["cnotthere1", None])
def test_unknown_session(training: Department, session: str | None) -> None:
    with raises_key("PT404", "session_not_found"):
        training.conn.execute("select * from attendee_suggestions(%s)", [session])


def test_deleted_session(training: Department, session: str) -> None:
    training.conn.execute("update sessions set deleted_at = now()")
    with raises_key("PT409", "session_deleted"):
        suggested(training, session)


def test_renamed_person_is_found_and_sorted_by_the_new_name(training: Department, session: str) -> None:
    first, second = training.person("One", "Abel"), training.person("Two", "Berg")
    training.item(first)
    training.item(second)
    assert names(training, session) == ["One", "Two"]
    training.conn.execute("update personnel set last_name = 'Zorn' where id = %s", [first])
    assert names(training, session) == ["Two", "One"]
    assert names(training, session, "zorn") == ["One"]
    assert names(training, session, "abel") == []


def test_sort_name_follows_whatever_a_statement_says(training: Department, session: str) -> None:
    person = training.person("Noor", "Haddad", sort_name="nonsense")
    item = training.item(person, sort_name="nonsense")
    training.conn.execute("update personnel set sort_name = 'nonsense'")
    training.conn.execute("update compliance_items set sort_name = 'nonsense'")
    assert training.one(
        "select p.sort_name = i.sort_name and p.sort_name = E'haddad\\tnoor'"
        " from compliance_items as i join personnel as p on p.id = i.personnel_id where i.id = %s",
        item,
    )


def test_item_of_another_person_takes_that_ones_name(training: Department, session: str) -> None:
    item = training.item(training.person("Noor", "Haddad"))
    other = training.person("Ann", "Abel")
    training.conn.execute("update compliance_items set personnel_id = %s where id = %s", [other, item])
    assert training.one("select sort_name from compliance_items") == "abel\tann"


def test_item_made_while_the_name_changes_has_the_new_name(
    training: Department, session: str, connect: Connect
) -> None:
    person = training.person("Noor", "Haddad")
    renaming, adding = connect(autocommit=False), connect(autocommit=False)
    renaming.execute("update training.personnel set last_name = 'Zorn'")
    adding.execute("set local lock_timeout = '100ms'")
    with pytest.raises(LockNotAvailable):
        adding.execute(
            "insert into training.compliance_items (personnel_id, course_id) values (%s, %s)", [person, training.course]
        )
    adding.rollback()
    renaming.commit()
    training.item(person)
    assert training.one("select sort_name from compliance_items") == "zorn\tnoor"


@pytest.mark.parametrize("status", ["NON_COMPLIANT", "COMPLIANT"])
@pytest.mark.parametrize("analyzed", [True, False])
def test_groups_are_read_from_their_indexes_as_far_as_the_limit(
    training: Department, session: str, status: str, analyzed: bool
) -> None:
    """Whatever the planner believes of the tables: the function's own settings keep the plans."""
    training.conn.execute(
        "insert into personnel (first_name, last_name) select 'P', n from generate_series(1, 20000) as n"
    )
    training.conn.execute(
        "insert into compliance_items (personnel_id, course_id, status)"
        " select p.id, %s, %s::compliance_status from personnel as p",
        [training.course, status],
    )
    if analyzed:
        training.conn.execute("analyze")
    rows_read = (
        "select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) from pg_stat_xact_user_tables"
        " where schemaname = 'training'"
    )
    with training.conn.transaction():
        before = training.one(rows_read)
        assert len(names(training, session)) == 50
        assert training.one(rows_read) - before < 300
