"""Who may call what has a plain name. All else is an API function: a definer, granted to a role."""

from __future__ import annotations

# What a unit brings for the engine of steps, which calls it as the owner. Not internals: these names are a contract.
OF_THE_ENGINE = frozenset({"apply_step", "due_rows", "due_steps", "has_work", "steps"})

# For the owner, in psql and in the runner: no role is granted them.
FOR_THE_OWNER = frozenset(
    {
        "lifecycle.advance",
        "lifecycle.housekeeping",
        "lifecycle.judged_at",
        "lifecycle.refresh_instants",
        "lifecycle.register_clock",
        "lifecycle.retry_failed_steps",
        "lifecycle.unregister_clock",
        "tutoring.refresh_instants",
        "workshop.refresh_instants",
    }
)

# They run as their caller and are granted, though no view, default or constraint calls them: what they touch is the
# caller's own, or a trigger function that runs as its caller needs them.
HELPERS = frozenset(
    {
        "lifecycle.actor",
        "lifecycle.changed_by",
        "lifecycle.home",
        "lifecycle.is_home",
        "lifecycle.is_timezone",
        "lifecycle.run_job",
        "lifecycle.run_tick",
        "lifecycle.said_actor",
        "lifecycle.setting_boolean",
        "lifecycle.setting_integer",
        "lifecycle.shown",
        "lifecycle.status_in_arabic",
        "workshop.sessions_on_sale",
    }
)

# Tables that nobody but the owner writes, through functions and triggers: histories, outboxes, settings.
NOBODYS = frozenset(
    {
        "calendar_tokens",
        "event_counter",
        "events",
        "failed_steps",
        "order_counters",
        "payments",
        "pending_events",
        "reminders",
        "reschedules",
        "session_decisions",
        "session_revisions",
        "settings",
        "stale_runs",
        "status_changes",
        "waitlist_entries",
    }
)
