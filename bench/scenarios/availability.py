"""The views that every shop page asks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from bench.database import Connection, Database, Lab
from bench.measure import Comparison, Findings, Options, Sample, in_pairs
from bench.workshops import fill, key, settle

TITLE = "availability of a workshop among a million sessions"
ABOUT = """
All columns of `session_availability` for one random workshop of 20,000 with 50 sessions each, and a query written by
hand on the same tables that computes the same columns with `now()` in place of Sessionbook's clock. Then the same for
`store_sessions`, what a shop shows: both languages, prices, badges, and only what is not over. Both return the same
rows, and neither plan reads the table of sessions from end to end; all is checked before anything is measured.
"""
TARGET = 1.5

VIEW = "select * from session_availability where workshop_id = {workshop}"
STORE = "select * from store_sessions where workshop_id = {workshop}"

SEATS = """\
case
        when s.status in ('cancelled', 'completed') or s.over_at <= now() or s.waiting_count > 0 then 0
        when s.max_attendees > 0 then greatest(s.max_attendees - s.current_attendees + h.expired, 0)
    end"""

STATUS = """\
case
        when s.status <> 'cancelled' and s.over_at <= now() then 'completed'
        when h.expired = 0 or s.waiting_count > 0 or s.status not in ('active', 'full') then s.status
        when s.current_attendees - h.expired >= s.max_attendees and s.max_attendees > 0 then 'full'
        when s.current_attendees > h.expired then 'active'
        else 'upcoming'
    end"""

HELD = """\
cross join lateral (
    select
        coalesce(sum(x.seats) filter (where x.held_until > now()), 0)::int as held,
        coalesce(sum(x.seats) filter (where x.held_until <= now()), 0)::int as expired
    from (
        select e.seats, e.expires_at as held_until from enrollments as e
        where e.session_id = s.id and e.status = 'pending' and e.expires_at is not null
        union all
        select q.seats, q.offer_expires_at from waitlist_entries as q where q.session_id = s.id and q.status = 'offered'
    ) as x
) as h"""

BY_HAND = f"""\
select
    s.id as session_id, s.workshop_id, w.name as workshop_name, w.title_ar as workshop_name_ar,
    s.session_date, s.session_dates, s.total_days, s.start_time, s.end_time, s.timezone, s.starts_at, s.ends_at,
    s.max_attendees, s.current_attendees,
    {SEATS} as available_seats,
    {STATUS} as calculated_status,
    s.run_id, r.run_name, c.name as creator_name, c.username as creator_username,
    case
        when s.status not in ('upcoming', 'active', 'full') or s.starts_at <= now()
            or s.booking_opens_at > now() or s.booking_closes_at <= now() then 'closed'
        when s.waiting_count > 0 then 'held'
        when coalesce(s.max_attendees, 0) = 0 or s.current_attendees - h.expired < s.max_attendees then 'free'
        when h.held > 0 then 'held'
        else 'sold_out'
    end as availability
from workshop_sessions as s
join workshops as w on w.id = s.workshop_id
join creators as c on c.id = w.creator_id
left join workshop_runs as r on r.id = s.run_id
{HELD}
where w.is_active and s.workshop_id = {{workshop}}"""

STORE_BY_HAND = f"""\
select
    s.id as session_id, s.workshop_id, s.run_id, w.creator_id, c.username as creator_username,
    w.title, w.title_ar, w.description, w.description_ar,
    case when w.is_free then 0 else w.price end as price, w.currency,
    r.run_name, r.run_name_ar, s.location, s.location_ar,
    s.session_date, s.last_date, s.session_dates, s.total_days, s.start_time, s.end_time, s.timezone,
    s.starts_at, s.ends_at, v.status,
    case v.status
        when 'upcoming' then 'قادمة' when 'active' then 'نشطة'
        when 'full' then 'مكتملة العدد' when 'cancelled' then 'ملغاة'
    end as status_ar,
    v.seats_left, v.is_open and (v.seats_left > 0 or v.seats_left is null) as is_bookable,
    b.badge,
    case b.badge
        when 'cancelled' then 'ملغاة' when 'waiting_list' then 'قائمة انتظار'
        when 'full' then 'مكتملة العدد' when 'few_left' then 'مقاعد قليلة'
    end as badge_ar,
    least(s.booking_closes_at, s.starts_at) as bookable_until
from workshop_sessions as s
join workshops as w on w.id = s.workshop_id
join creators as c on c.id = w.creator_id
left join workshop_runs as r on r.id = s.run_id
{HELD}
cross join lateral (
    select
        {SEATS} as seats_left,
        {STATUS} as status,
        s.status in ('upcoming', 'active', 'full') and s.starts_at > now()
        and coalesce(s.booking_opens_at <= now(), true) and coalesce(s.booking_closes_at > now(), true) as is_open
) as v
cross join lateral (
    select case
        when v.status = 'cancelled' then 'cancelled'
        when not v.is_open then null
        when s.waiting_count > 0 then 'waiting_list'
        when v.seats_left = 0 then 'full'
        when v.seats_left <= 3 then 'few_left'
    end as badge
) as b
where w.is_active and v.status <> 'completed' and s.workshop_id = {{workshop}}"""

# By what is read, and how many rows.
READS = (
    ("50 sessions of one workshop", VIEW, BY_HAND, 50),
    ("store of one workshop", STORE, STORE_BY_HAND, 25),
)


def run(lab: Lab, options: Options) -> Findings:
    """Measures the latency of both queries."""
    workshops = 200 if options.quick else 20_000
    findings = Findings(("view", "by hand"))
    with lab.database("availability") as database:
        # Half of the sessions are over, and no tick has said so.
        first_day = "current_date - 25"
        fill(database, "workshop", workshops=workshops, sessions=50, seats=20, first_day=first_day)
        with database.connect("workshop") as connection:
            for what, view, by_hand, rows in READS:
                _same_rows(connection, view, by_hand, rows)
                for name, query in (("view", view), ("by hand", by_hand)):
                    index = _index(connection, query)
                    findings.notes.append(f"Sessions are found by `{index}` ({what}, {name}).")
        for what, view, by_hand, _ in READS:
            for clients in (1, 4):
                sides = [
                    partial(_read, database, query, workshops, clients, options.seconds) for query in (view, by_hand)
                ]
                pairs = in_pairs(options.pairs, sides[0], sides[1], lambda: settle(database, "workshop"))
                label = f"{what}, {clients} client{'s' * (clients > 1)}"
                findings.comparisons.append(Comparison(label, "ms", pairs, TARGET))
    return findings


def _read(database: Database, query: str, workshops: int, clients: int, seconds: float) -> Sample:
    script = f"\\set n random(1, {workshops})\n{query.format(workshop=key(':n::int'))};\n"
    return database.pgbench(script, search_path="workshop", clients=clients, seconds=seconds)


def _same_rows(connection: Connection, view: str, by_hand: str, rows: int) -> None:
    view, by_hand = (query.format(workshop=key("7")) for query in (view, by_hand))
    count, differing = connection.execute(
        f"with v as ({view}), h as ({by_hand}) "
        "select (select count(*) from v), "
        "(select count(*) from ((table v except all table h) union all (table h except all table v)) as d)"
    ).fetchone() or (0, 0)
    assert (count, differing) == (rows, 0), f"{count} rows, of which {differing} differ"


def _index(connection: Connection, query: str) -> str:
    """The index that finds the sessions, in the plan for any workshop."""
    connection.execute("set plan_cache_mode = force_generic_plan")
    connection.execute(f"prepare q (int) as {query.format(workshop=key('$1'))}".encode())
    (plan,) = connection.execute("explain (format json) execute q (7)").fetchone() or (None,)
    connection.execute("deallocate q")
    nodes = list(_nodes((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]))
    whole = [n for n in nodes if n["Node Type"] == "Seq Scan" and n.get("Relation Name") == "workshop_sessions"]
    assert not whole, f"sequential scan on workshop_sessions: {plan}"
    return next(str(n["Index Name"]) for n in nodes if n.get("Index Name", "").startswith("workshop_sessions"))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        yield from _nodes(child)
