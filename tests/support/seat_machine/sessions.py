"""Calls about sessions and runs, and time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from support.seat_machine.machine import LONG_AGO, Call, Machine, ids, keys, looks, places, value
from support.shop.shop import Shop


class Sessions(Machine):
    # Not while another transaction is open: the new day is counted from the one that is seen.
    @precondition(lambda self: self.open is None and self.is_busy)
    @rule(place=places, days=st.sampled_from([-1, 0, 1, 1, 2, 7]), key=keys, look=looks)
    def reschedule_session(self, place: int, days: int, key: str | None, look: str | None) -> None:
        session = self.session(place)
        own = self.shop.sessions[session]
        day = own.starts.date() + timedelta(days=days)
        seen = LONG_AGO if look == "before" else None
        if look == "now":
            seen = value(self.watch, "select updated_at from workshop_sessions where id = %s", own.id)
        self.make(
            Call(
                lambda shop: shop.reschedule_session(session, days, key, look),
                lambda conn: ids(
                    conn,
                    "select * from reschedule_session(%s, %s, p_expected_updated_at => %s, p_idempotency_key => %s)",
                    own.id, day, seen, key,
                ),
            )
        )  # fmt: skip

    @precondition(lambda self: any(s.status == "completed" for s in self.shop.sessions.values()))
    @rule(place=places, look=looks)
    def reopen_session(self, place: int, look: str | None) -> None:
        session = self.pick(self.shop.sessions, place, "completed")
        own = self.shop.sessions[session]
        self.make(
            self.change("reopen_session", "workshop_sessions", own, look, lambda shop: shop.reopen_session(session))
        )

    @precondition(lambda self: self.is_busy)
    @rule(place=places, look=looks)
    def cancel_session(self, place: int, look: str | None) -> None:
        session = self.session(place)
        own = self.shop.sessions[session]
        self.make(
            self.change("cancel_session", "workshop_sessions", own, look, lambda shop: shop.cancel_session(session))
        )

    @precondition(lambda self: self.open is None and self.is_busy)
    @rule(place=places, look=looks)
    def cancel_run(self, place: int, look: str | None) -> None:
        run = self.pick_run(place)
        own = self.shop.runs[run]
        self.make(self.change("cancel_run", "workshop_runs", own, look, lambda shop: shop.cancel_run(run)))

    # Few, or there would be ever more.
    @precondition(lambda self: self.open is None and len(self.shop.runs) < 4)
    @rule(place=places, days=st.sampled_from([1, 2, 7]), key=st.sampled_from(["k1", "k2"]))
    def clone_workshop_sessions(self, place: int, days: int, key: str) -> None:
        run = self.pick_run(place)
        first = min(
            (s.starts for s in self.shop.sessions.values() if s.run == run and s.status != "cancelled"), default=None
        )
        before = self.shop.keys.get(("clone", key))
        # Asked again for the same day, if it was made; on any day, if there is nothing to clone.
        day = ((first or self.shop.now) + timedelta(days=days)).date()
        if before is not None:
            return self.clone_again(key, day == getattr(self, f"cloned_{key}")[1])
        setattr(self, f"cloned_{key}", (run, day, days))
        self.make(self.clone(run, day, days, key))
        return None

    def clone_again(self, key: str, same: bool) -> None:
        run, day, days = getattr(self, f"cloned_{key}")
        later = 0 if same else 1
        self.make(self.clone(run, day + timedelta(days=later), days + later, key))

    def clone(self, run: int, day: Any, days: int, key: str) -> Call:
        own = self.shop.runs[run].id

        def copy(conn: psycopg.Connection) -> list[Any]:
            new = value(
                conn,
                "select new_run_id from clone_workshop_sessions("
                "%s, %s, p_source_run_id => %s, p_idempotency_key => %s)",
                self.workshop, day, own, key,
            )  # fmt: skip
            return [new, *ids(conn, "select id from workshop_sessions where run_id = %s order by session_number", new)]

        return Call(lambda shop: shop.clone(run, days, key), copy)

    # What people and applications do to the tables themselves.

    # None: as many as sit there, so that others wait; and one or two more, so that these are offered seats.
    @rule(place=places, capacity=st.sampled_from([None, None, 0, 1, 2, 3, 4]), more=st.sampled_from([0, 0, 1, 2]))
    def change_capacity(self, place: int, capacity: int | None, more: int) -> None:
        session = self.session(place, self.shop.is_bookable, lambda key: bool(self.shop.queue(key)) == bool(more))
        seats = max(self.shop.sessions[session].counter, 1) + more if capacity is None else capacity
        self.write(session, lambda shop: shop.move(session, 0, seats), "max_attendees", seats)

    @precondition(lambda self: self.is_busy)
    @rule(place=places)
    def cancel_by_hand(self, place: int) -> None:
        session = self.session(place)
        self.write(session, lambda shop: shop.cancel_by_hand(session), "status", "cancelled")

    @precondition(lambda self: self.open is None and any(s.status == "cancelled" for s in self.shop.sessions.values()))
    @rule(place=places)
    def put_back_by_hand(self, place: int) -> None:
        session = self.pick(self.shop.sessions, place, "cancelled")
        if self.shop.sessions[session].status == "cancelled":
            self.write(session, lambda shop: shop.put_back_by_hand(session), "status", "upcoming")

    @precondition(lambda self: self.next is None and (self.is_busy or not self.shop.on_sale))
    @rule()
    def take_off_sale_or_put_back(self) -> None:
        self.shop.on_sale = not self.shop.on_sale
        self.conn.execute("update workshops set is_active = %s", [self.shop.on_sale])
        self.conn.commit()

    def write(self, session: int, model: Callable[[Shop], None], column: str, new: Any) -> None:
        query = f"update workshop_sessions set {column} = %s where id = %s returning id"
        self.make(Call(model, lambda conn: ids(conn, query, new, self.id(session))))

    @precondition(lambda self: self.next is None)
    @rule(minutes=st.sampled_from([5, 30, 30, 60, 60, 240, 240, 600, 1440]), ticks=st.booleans())
    def time_passes(self, minutes: int, ticks: bool) -> None:
        self.let_it_be(self.shop.now + timedelta(minutes=minutes))
        if ticks:
            self.conn.execute("select lifecycle.advance('workshop', lifecycle.now(), 1000)")
            self.conn.commit()
            self.shop.tick()
            self.know_offers_of_runs()
            assert value(self.watch, "select count(*) from failed_steps") == 0

    def know_offers_of_runs(self) -> None:
        """One entry for each session, made by the clock."""
        query = "select run_entry_id, session_id, id from waitlist_entries where run_entry_id is not null"
        found = {(entry, session): own for entry, session, own in self.watch.execute(query)}
        for entry in self.shop.entries.values():
            if entry.parent is not None and entry.session is not None:
                entry.id = found[self.shop.entries[entry.parent].id, self.id(entry.session)]
