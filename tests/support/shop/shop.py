"""All of it: what people do to sessions and runs, and what the clock does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from support.shop.rows import LIVE, Run, refuse
from support.shop.waiting import Waiting


class Shop(Waiting):
    def clone(self, run: int, days: int, key: str) -> list[Any]:
        """A run that is this one, so many days later; the run and its sessions, or only the run again."""
        source = [own for own in self.sessions.values() if own.run == run and own.status != "cancelled"]
        by, request = timedelta(days=days), (run, days)
        made = self.again(("clone", key), request)
        if made is not None:
            return [self.runs[made[0]]]
        refuse({"nothing_to_clone": not source})
        new = self.add(self.runs, Run(self.runs[run].price))
        self.keys["clone", key] = request, [new]
        copies = []
        for own in sorted(source, key=lambda own: (own.starts, own.number, own.id)):
            copies.append(
                replace(
                    own, run=new, starts=own.starts + by, over=own.over + by, opens=own.opens and own.opens + by,
                    closes=own.closes and own.closes + by, cancel_until=own.cancel_until and own.cancel_until + by,
                    number=len(copies) + 1, status="upcoming", counter=0, id=None,
                )
            )  # fmt: skip
            self.add(self.sessions, copies[-1])
        return [self.runs[new], *copies]

    def to_tell(self, session: int) -> set[Any]:
        """Keys of the enrollments and entries; of an offer of a run, that of the run."""
        told = {e.id for e in self.of(self.enrollments, session) if e.counts and not self.ran_out(e)}
        for entry in self.of(self.entries, session):
            if entry.status in ("waiting", "offered") and not self.ran_out(entry):
                told.add(entry.id if entry.parent is None else self.entries[entry.parent].id)
        return told

    def reschedule_session(self, session: int, days: int, key: str | None, look: str | None) -> set[Any]:
        own, by = self.sessions[session], timedelta(days=days)
        key_of_it = key and ("move", session, key)
        request = own.starts.date() + by
        if self.again(key_of_it, request) is not None:
            return self.to_tell(session)
        refuse({"changed_meanwhile": look == "before"})
        refuse({"session_closed": own.status == "cancelled"})
        if days:
            refuse({"time_is_over": own.starts + by <= self.now})
            own.starts, own.over = own.starts + by, own.over + by
            own.opens = own.opens + by if own.opens is not None and own.opens > self.now else None
            own.closes = own.closes and own.closes + by
            own.cancel_until = own.cancel_until and own.cancel_until + by
            until = min(own.starts, own.closes or own.starts)
            for entry in self.of(self.entries, session):
                if entry.status == "offered" and entry.expires is not None:
                    entry.expires = min(entry.expires, until)
            for e in self.of(self.enrollments, session):
                if e.status == "pending" and e.expires is not None and e.expires > own.starts:
                    e.expires = own.starts
                    order = None if e.order is None else self.orders[e.order]
                    if order is not None and order.status == "pending" and order.expires is not None:
                        order.expires = min(order.expires, own.starts)
            if own.status != "completed":
                self.reopen_waitlist(session)
            if self.queue(session):
                self.move(session, 0)
        if key_of_it:
            self.keys[key_of_it] = request, []
        return self.to_tell(session)

    def reopen_session(self, session: int) -> None:
        own = self.sessions[session]
        if own.status != "completed":
            return
        refuse({"time_is_over": own.over <= self.now})
        own.status = "upcoming"
        if own.counter:
            self.move(session, 0)
        if own.starts > self.now:
            self.reopen_waitlist(session)
        self.move(session, 0)

    def reopen_waitlist(self, session: int) -> None:
        run = self.sessions[session].run
        for entry in self.entries.values():
            if entry.by_clock and (entry.session == session or entry.run == run):
                entry.status, entry.by_clock = "waiting", False

    def cancel_session(self, session: int) -> set[Any]:
        """Keys of the enrollments and entries that are to be told."""
        refuse({"illegal_transition": self.sessions[session].status == "completed"})
        return self.close_sessions([session])

    def close_sessions(self, sessions: list[int]) -> set[Any]:
        told = {row for session in sessions for row in self.to_tell(session)}
        orders = {e.order for e in self.enrollments.values() if e.session in sessions}
        for session in sessions:
            for e in self.of(self.enrollments, session):
                if e.counts or e.expires is not None:
                    e.status, e.expires = "cancelled", None
            for w in self.of(self.entries, session):
                if w.status in ("waiting", "offered"):
                    w.status = "closed"
            self.sessions[session].status, self.sessions[session].counter = "cancelled", 0
        for order in orders:
            self.settle(order)
        return told

    def cancel_run(self, run: int) -> set[Any]:
        told = self.close_sessions(
            [key for key, own in self.sessions.items() if own.run == run and own.status != "completed"]
        )
        for entry in self.entries.values():
            if entry.run == run and entry.status in ("waiting", "offered"):
                told |= {entry.id} if entry.status == "waiting" else set()
                entry.status = "closed"
        return told

    def cancel_by_hand(self, session: int) -> None:
        own = self.sessions[session]
        refuse({"illegal_transition": own.status == "completed"})
        own.status = "cancelled"

    def put_back_by_hand(self, session: int) -> None:
        own = self.sessions[session]
        own.status = "upcoming"
        if own.counter:
            self.move(session, 0)

    def tick(self) -> None:
        """Step by step, each over all that is due for it."""
        for rows, gone in ((self.enrollments, "cancelled"), (self.entries, "expired")):
            for key in self.sessions:
                due = [row for row in self.of(rows, key) if self.ran_out(row)]
                for row in due:
                    row.status = gone
                if due:
                    self.move(key, -sum(row.seats for row in due))
        for key in self.sessions:
            if self.is_bookable(key) and self.queue(key) and self.queue(key)[0].seats <= self.free(key):
                self.move(key, 0)
        for run in self.runs:
            self.offer_run(run)
        for key, own in self.sessions.items():
            if own.starts <= self.now:
                for entry in self.queue(key):
                    entry.status, entry.by_clock = "closed", True
        for own in self.sessions.values():
            if own.status in LIVE and own.over <= self.now:
                own.status = "completed"
