"""Trigger derive_instants on workshop_sessions: what people say in local time, as instants."""

from __future__ import annotations

from typing import Any

import pytest

from support.errors import raises_key
from support.market import Market


def instants(market: Market, **columns: Any) -> tuple[str, str, str]:
    session = market.session(market.workshop(), **columns)
    row = market.row(
        "select to_char(starts_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as s,"
        " to_char(ends_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as e,"
        " to_char(over_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as o from workshop_sessions where id = %s",
        session,
    )
    return row["s"], row["e"], row["o"]


@pytest.mark.parametrize(
    ("columns", "starts", "ends", "over"),
    [
        pytest.param({"day": "2027-01-04"}, "2027-01-04 07:00", "2027-01-04 09:00", "2027-01-04 21:00", id="kuwait"),
        pytest.param(
            {"day": "2027-01-04", "start_time": "22:00", "end_time": "01:00"},
            "2027-01-04 19:00",
            "2027-01-04 22:00",
            "2027-01-05 21:00",
            id="over midnight",
        ),
        pytest.param(
            {"day": "2027-01-04", "start_time": "20:00", "end_time": "00:00"},
            "2027-01-04 17:00",
            "2027-01-04 21:00",
            "2027-01-04 21:00",
            id="until midnight",
        ),
        pytest.param(
            {"day": "2027-01-04", "end_time": None, "duration": 1.5},
            "2027-01-04 07:00",
            "2027-01-04 08:30",
            "2027-01-04 21:00",
            id="by duration",
        ),
        pytest.param(
            {"day": "2027-01-04", "end_time": None},
            "2027-01-04 07:00",
            "2027-01-04 21:00",
            "2027-01-04 21:00",
            id="whole day",
        ),
        pytest.param(
            {"day": "2027-01-04", "end_date": "2027-01-06"},
            "2027-01-04 07:00",
            "2027-01-06 09:00",
            "2027-01-06 21:00",
            id="three days",
        ),
        pytest.param(
            {"day": "2027-01-04", "session_dates": '["2027-01-04", "2027-01-18", "2027-01-11"]'},
            "2027-01-04 07:00",
            "2027-01-18 09:00",
            "2027-01-18 21:00",
            id="spread days",
        ),
        pytest.param(
            {"day": "2028-02-28", "start_time": "23:00", "end_time": "01:00", "timezone": "UTC"},
            "2028-02-28 23:00",
            "2028-02-29 01:00",
            "2028-03-01 00:00",
            id="leap day",
        ),
        pytest.param(
            {"day": "2027-10-31", "start_time": "01:00", "end_time": None, "duration": 3, "timezone": "Europe/Berlin"},
            "2027-10-30 23:00",
            "2027-10-31 02:00",
            "2027-10-31 23:00",
            id="duration over the autumn change",
        ),
        pytest.param(
            {"day": "2027-03-28", "start_time": "01:00", "end_time": "04:00", "timezone": "Europe/Berlin"},
            "2027-03-28 00:00",
            "2027-03-28 02:00",
            "2027-03-28 22:00",
            id="local times over the spring change",
        ),
        pytest.param(
            {"day": "2027-03-28", "start_time": "02:30", "end_time": "03:00", "timezone": "Europe/Berlin"},
            "2027-03-28 01:30",
            "2027-03-28 02:00",
            "2027-03-28 22:00",
            id="until the end of the spring gap",
        ),
        pytest.param(
            {"day": "2027-04-30", "start_time": "00:15", "end_time": "02:00", "timezone": "Africa/Cairo"},
            "2027-04-29 22:15",
            "2027-04-30 00:00",
            "2027-04-30 21:00",
            id="beyond the spring gap",
        ),
        pytest.param(
            {
                "day": "2027-03-27",
                "end_date": "2027-03-28",
                "start_time": "02:30",
                "end_time": "03:00",
                "timezone": "Europe/Berlin",
            },
            "2027-03-27 01:30",
            "2027-03-28 02:00",
            "2027-03-28 22:00",
            id="last day in the spring gap",
        ),
        pytest.param(
            {"day": "2027-03-27", "start_time": "23:30", "end_time": None, "timezone": "America/Nuuk"},
            "2027-03-28 01:30",
            "2027-03-28 02:00",
            "2027-03-29 01:00",
            id="whole day that begins in the gap before midnight",
        ),
        pytest.param(
            {"day": "2027-03-28", "start_time": "01:30", "end_time": "02:30", "timezone": "Europe/Berlin"},
            "2027-03-28 00:30",
            "2027-03-28 01:30",
            "2027-03-28 22:00",
            id="up to the spring gap",
        ),
        pytest.param(
            {"day": "2027-03-27", "start_time": "23:30", "end_time": "02:30", "timezone": "Europe/Berlin"},
            "2027-03-27 22:30",
            "2027-03-28 01:30",
            "2027-03-28 22:00",
            id="over midnight into the spring gap",
        ),
        pytest.param(
            {"day": "2027-04-04", "start_time": "10:00", "end_time": "12:00", "timezone": "Pacific/Auckland"},
            "2027-04-03 22:00",
            "2027-04-04 00:00",
            "2027-04-04 12:00",
            id="new zealand after its change",
        ),
    ],
)
def test_instants(market: Market, columns: dict[str, Any], starts: str, ends: str, over: str) -> None:
    assert instants(market, **columns) == (starts, ends, over)


def test_instants_follow_an_edit(market: Market) -> None:
    session = market.session(market.workshop())
    market.conn.execute(
        "update workshop_sessions set timezone = 'UTC', end_date = '2027-01-05' where id = %s", [session]
    )
    row = market.row(
        "select last_date::text, starts_at = '2027-01-04 10:00+00' as s, ends_at = '2027-01-05 12:00+00' as e"
        " from workshop_sessions"
    )
    assert row == {"last_date": "2027-01-05", "s": True, "e": True}


@pytest.mark.parametrize("column", ["last_date", "starts_at", "ends_at", "over_at"])
def test_instants_are_not_written_by_hand(market: Market, column: str) -> None:
    market.session(market.workshop())
    before = market.one(f"select {column} from workshop_sessions")
    market.conn.execute(f"update workshop_sessions set {column} = '2040-01-01'")
    assert market.one(f"select {column} from workshop_sessions") == before


def test_every_derived_column_equals_its_definition_after_a_random_life(market: Market) -> None:
    """Whatever is updated, a re-derivation changes nothing."""
    workshop = market.workshop()
    market.session(workshop, timezone="Europe/Berlin")
    for change in (
        "end_date = session_date + 2",
        "end_time = null",
        "duration = 2.25",
        "session_dates = '[\"2027-02-01\"]'",
        "start_time = '23:30', end_date = null, session_dates = null",
        "timezone = 'Pacific/Auckland'",
    ):
        market.conn.execute(f"update workshop_sessions set {change}")
        derived = "select last_date, starts_at, ends_at, over_at from workshop_sessions"
        before = market.row(derived)
        market.conn.execute("update workshop_sessions set timezone = timezone")
        assert market.row(derived) == before


@pytest.mark.parametrize(
    "zone",
    ["Kuwait/City", "Asia/Kuwai", "FOO3", "", "+03", "<+03>-3", "Foo/Bar5", ":Europe/Berlin", "PST", "ist", "AST"],
)
def test_unknown_zone_is_refused(market: Market, zone: str) -> None:
    workshop = market.workshop()
    session = market.session(workshop)
    with raises_key("PT400", "unknown_timezone"):
        market.conn.execute("update workshop_sessions set timezone = %s where id = %s", [zone, session])
    with raises_key("PT400", "unknown_timezone"):
        market.session(workshop, timezone=zone)
    assert market.one("select count(*) from workshop_sessions where timezone = 'Asia/Kuwait'") == 1


@pytest.mark.parametrize(
    "zone",
    [
        "UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "America/Port-au-Prince", "Etc/GMT+3", "EST5EDT",
        "GMT", "EET", "Zulu", "Japan", "Etc/UTC", "asia/kuwait",
    ],
)  # fmt: skip
def test_known_zone_is_taken(market: Market, zone: str) -> None:
    market.session(market.workshop(), timezone=zone)
    assert market.one("select timezone from workshop_sessions") == zone


def test_known_zone_before_an_unknown_one_in_one_transaction_does_not_hide_it(market: Market) -> None:
    workshop = market.workshop()
    with raises_key("PT400", "unknown_timezone"), market.conn.transaction():
        market.session(workshop, timezone="UTC")
        market.session(workshop, timezone="Nowhere/Here")
    assert market.one("select count(*) from workshop_sessions") == 0


def test_end_before_start_is_refused(market: Market) -> None:
    workshop = market.workshop()
    with raises_key("PT400", "end_before_start"):
        market.session(workshop, day="2027-01-04", end_date="2027-01-03")
    session = market.session(workshop)
    for change, key in (
        ("end_date = session_date - 1", "end_before_start"),
        ("duration = 0", "end_before_start"),
        ("booking_opens_at = '2027-01-02', booking_closes_at = '2027-01-02'", "booking_window_empty"),
    ):
        with raises_key("PT400", key), market.conn.transaction():
            market.conn.execute(f"update workshop_sessions set {change} where id = %s", [session])


@pytest.mark.parametrize("dates", ['"2027-01-04"', '{"day": "2027-01-04"}', '["next week"]', '["2027-02-30"]'])
def test_session_dates_that_are_no_dates_are_refused(market: Market, dates: str) -> None:
    workshop = market.workshop()
    with raises_key("PT400", "invalid_session_dates"):
        market.session(workshop, session_dates=dates)


def test_session_dates_that_are_a_json_null_are_none(market: Market) -> None:
    """As an application writes an empty list that its language calls nil."""
    market.session(market.workshop(), day="2027-01-04", end_date="2027-01-06", session_dates="null")
    assert market.one("select last_date::text from workshop_sessions") == "2027-01-06"
