"""Routines without a search_path of their own, by reason. Everything else says `set search_path from current`."""

from __future__ import annotations

# `begin atomic` binds names when the function is made, and a SET clause would keep it from being inlined.
INLINABLE = frozenset(
    {
        "lifecycle._is_clock",
        "lifecycle.actor",
        "lifecycle.home",
        "lifecycle.is_home",
        "lifecycle.now",
        "lifecycle.phone_key",
        "lifecycle.shown",
        "lifecycle.status_in_arabic",
        "sessionbook.file_key",
        "sessionbook.key_of",
        "training._items_to_suggest",
        "training.busy",
        "training.due_steps",
        "tutoring._due_corrections",
        "tutoring._wrong_messages",
        "tutoring.due_steps",
        "workshop._find_enrollments",
        "workshop._run_facts",
        "workshop.audit_seats",
        "workshop.due_steps",
        "workshop.is_on_sale",
        "workshop.run_status",
        "workshop.session_holds",
        "workshop.session_state",
        "workshop.sessions_on_sale",
        "workshop.takes_bookings",
        "workshop.workshops_on_sale",
    }
)

# A procedure with a SET clause may not commit.
COMMITTING = frozenset({"lifecycle.housekeeping", "lifecycle.run_job", "lifecycle.run_tick"})

# Row triggers that name no relation, or name it in full: a SET clause costs a quarter of a hot path and would protect
# nothing.
NAMES_NO_RELATION = frozenset(
    {
        "lifecycle.touch_updated_at",
        "lifecycle.translate_status",
        "lifecycle.validate_setting",
        "lifecycle.validate_timezone",
        "workshop.complete_by_flag",
        "workshop.default_workshop_title",
        "workshop.mirror_completion",
        "workshop.refuse_negative_counts",
    }
)

# Internals on the path of every order: granted to nobody, and called only by what pins the same path, which then is
# theirs. Each SET clause would cost a percent of an order or half of one.
INSIDE_PINNED = frozenset(
    {
        "workshop._choose_sessions",
        "workshop._insert_order",
        "workshop._next_order_number",
        "workshop._read_order_items",
        "workshop._take_order_seats",
    }
)
