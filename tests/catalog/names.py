"""Names that do not follow the convention, and why they stay."""

from __future__ import annotations

# Fixed by the documents that the package grew from: applications and DBAs know them.
FIXED_NAMES: frozenset[str] = frozenset(
    {
        "idx_sessions_date",
        "idx_sessions_enrolled_courses",
        "idx_sessions_featured",
        "idx_sessions_recurring",
    }
)
