"""Every column that could say something about a person is called personal in its comment, or is listed here."""

from __future__ import annotations

import psycopg
import pytest

from support.person import personal

# Texts and documents that say nothing of a person: names of things, states, words of the application about its offers.
IMPERSONAL = {
    "workshop": """
        attendance.changed_by attendance.status booking_changes.changed_by broken_rules.changed_by
        broken_rules.from_value broken_rules.machine broken_rules.rule broken_rules.subject_id broken_rules.to_value
        calendar_tokens.scope enrollments.completion_status enrollments.status enrollments.status_ar events.kind
        events.payload events.subject_id failed_steps.sqlstate failed_steps.step failed_steps.subject_id
        order_items.workshop_name order_items.workshop_name_ar orders.currency orders.idempotency_request
        orders.order_number orders.order_source
        orders.payment_method orders.payment_reference orders.status orders.status_ar payments.changed_by payments.kind
        payments.method payments.reference pending_events.kind pending_events.payload pending_events.subject_id
        session_moves.idempotency_key session_moves.request settings.country_code settings.currency
        settings.order_numbers settings.rules settings.timezone status_changes.cause status_changes.changed_by
        status_changes.from_status status_changes.machine status_changes.subject_id status_changes.to_status
        waitlist_entries.status workshop_runs.idempotency_key workshop_runs.idempotency_request workshop_runs.run_name
        workshop_runs.run_name_ar workshop_runs.status workshop_sessions.location workshop_sessions.location_ar
        workshop_sessions.metadata workshop_sessions.notes workshop_sessions.notes_ar workshop_sessions.session_dates
        workshop_sessions.status workshop_sessions.status_ar workshop_sessions.timezone workshops.currency
        workshops.description workshops.description_ar workshops.name workshops.recurrence_type workshops.search_text
        workshops.status workshops.title workshops.title_ar workshops.workshop_type
    """,
    "tutoring": """
        broken_rules.changed_by broken_rules.from_value broken_rules.machine broken_rules.rule broken_rules.subject_id
        broken_rules.to_value calendar_tokens.scope enrolled_courses.course_name enrolled_courses.timezone
        enrolled_students.timezone events.kind events.payload events.subject_id failed_steps.sqlstate failed_steps.step
        failed_steps.subject_id pending_events.kind pending_events.payload
        pending_events.subject_id reminders.channel reminders.kind reminders.reason reminders.state reminders.worker
        reschedules.changed_by sessions.location sessions.priority_level sessions.recurring_pattern
        sessions.session_frequency sessions.session_mode sessions.status sessions.student_attendance_status
        sessions.timezone sessions.topics sessions.topics_covered sessions.tutor_attendance_status
        sessions_unmapped.column_name sessions_unmapped.reason settings.rules status_changes.cause
        status_changes.changed_by status_changes.from_status status_changes.machine status_changes.subject_id
        status_changes.to_status whiteboard_sessions.content whiteboard_sessions.session_name
    """,
    "training": """
        absences.id absences.trainer_id absences.venue_id availability_rules.id availability_rules.timezone
        availability_rules.trainer_id availability_rules.venue_id broken_rules.changed_by broken_rules.from_value
        broken_rules.machine broken_rules.rule broken_rules.subject_id broken_rules.to_value calendar_tokens.scope
        compliance_items.course_id compliance_items.id compliance_items.personnel_id courses.id courses.title
        events.kind events.payload events.subject_id failed_steps.sqlstate failed_steps.step failed_steps.subject_id
        pending_events.kind pending_events.payload pending_events.subject_id personnel.id session_attendees.personnel_id
        session_attendees.session_id session_decisions.changed_by session_decisions.details session_decisions.kind
        session_decisions.session_id session_revisions.session_id sessions.course_id sessions.created_by_id sessions.id
        sessions.idempotency_key sessions.idempotency_request
        sessions.trainer_id sessions.venue_id settings.rules status_changes.cause status_changes.changed_by
        status_changes.from_status status_changes.machine status_changes.subject_id status_changes.to_status
        trainer_qualifications.course_id trainer_qualifications.trainer_id trainers.company_name trainers.id venues.id
        venues.location venues.name
    """,
}


@pytest.mark.parametrize("schema", IMPERSONAL)
def test_every_text_is_personal_or_not(installed: psycopg.Connection, schema: str) -> None:
    texts = {
        f"{table}.{column}"
        for table, column in installed.execute(
            "select c.relname, a.attname from pg_class as c join pg_attribute as a on a.attrelid = c.oid"
            " where c.relnamespace = %s::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped"
            " and a.atttypid::regtype::text in ('text', 'character varying', 'json', 'jsonb', 'text[]')",
            [schema],
        )
    }
    assert personal(installed, schema) == texts - set(IMPERSONAL[schema].split())
    assert set(IMPERSONAL[schema].split()) <= texts
