-- Sessions follow the clock: reminder, start and end, with history, outbox and failures.
-- depends: 0002_update_sessions_references
--
-- Why:      what a workflow service outside did by sleeping is derived from the rows here, so a session that is moved,
--           cancelled or deleted needs nothing undone.
-- Locks:    access exclusive on sessions for the length of a rewrite of the whole table.
-- Data:     sessions take the time zone of their course, else of its student, else UTC; statuses in capitals become
--           small. A status or zone that is not known stops the migration and is named, with everything as it was.
-- Rollback: 0003_session_workflow.rollback.sql drops what was added with what was stored in it; the columns of the
--           sessions from before stay as they are.
alter table sessions
add column timezone text,
add column deleted_at timestamptz;
comment on column sessions.timezone is
'IANA time zone of date and times; left out on insert: of the course, else of its student, else UTC.';
comment on column sessions.deleted_at is
'When the session was soft-deleted; null: it was not. The clock passes it over.';

update sessions as s
set timezone = coalesce(
        (
            select coalesce(c.timezone, st.timezone)
            from enrolled_courses as c
            inner join enrolled_students as st on c.student_id = st.id
            where c.id = s.enrolled_courses_id
        ),
        'UTC'
    ),
    status = case
        when lower(s.status collate "C") in ('scheduled', 'in_progress', 'completed', 'cancelled', 'no_show')
            then lower(s.status collate "C")
        else s.status
    end;

do $check$
declare
    v_zones constant text := (
        select string_agg(format('%s (%s sessions)', quote_literal(z.timezone), z.sessions), ', ' order by z.timezone)
        from (
            select s.timezone, count(*) as sessions
            from sessions as s
            where s.timezone not in (select n.name from pg_catalog.pg_timezone_names as n)
            group by s.timezone
        ) as z
    );
    v_statuses constant text := (
        select string_agg(format('%s (%s sessions)', quote_literal(x.status), x.sessions), ', ' order by x.status)
        from (
            select s.status, count(*) as sessions
            from sessions as s
            where s.status not in ('scheduled', 'in_progress', 'completed', 'cancelled', 'no_show')
            group by s.status
        ) as x
    );
begin
    if v_zones is not null then
        raise exception using
            errcode = 'PT400',
            constraint = 'unknown_timezone',
            message = format('unknown time zones in courses or students: %s', v_zones),
            detail = e'key: unknown_timezone\n' || 'The names are not in this server''s IANA time zone database.',
            hint = 'Correct enrolled_courses.timezone or enrolled_students.timezone, and apply again.';
    end if;
    if v_statuses is not null then
        raise exception using
            errcode = 'PT400',
            constraint = 'unknown_status',
            message = format('unknown statuses in sessions.status: %s', v_statuses),
            detail = e'key: unknown_status\n' || 'Known are scheduled, in_progress, completed, cancelled and no_show.',
            hint = 'Correct these rows, and apply again.';
    end if;
end
$check$;

-- Computed columns first, plain ones after: one rewrite fills them, and from then on a trigger derives them, so that
-- applications that write whole rows may write these too. If a start falls into a gap of the clock, the end moves
-- along.
alter table sessions
alter column timezone set not null,
add constraint sessions_status_check
check (status in ('scheduled', 'in_progress', 'completed', 'cancelled', 'no_show')),
add column starts_at timestamptz not null
generated always as ((session_date + start_time) at time zone timezone) stored,
add column ends_at timestamptz not null
generated always as (
    case
        when ((session_date + start_time) at time zone timezone) at time zone timezone = session_date + start_time
            then (session_date + case when end_time <= start_time then 1 else 0 end + end_time) at time zone timezone
        else (
            ((session_date + start_time) at time zone timezone) at time zone 'UTC'
            + (
                (session_date + case when end_time <= start_time then 1 else 0 end + end_time)
                - (session_date + start_time)
            )
        ) at time zone 'UTC'
    end
) stored,
add column alarm_at timestamptz
generated always as (
    case
        when alarm_enabled
            then (
                ((session_date + start_time) at time zone timezone) at time zone 'UTC'
                - greatest(coalesce(alarm_before_minutes, 15), 0)::double precision * interval '1 minute'
            ) at time zone 'UTC'
    end
) stored;

alter table sessions
alter column starts_at drop expression,
alter column ends_at drop expression,
alter column alarm_at drop expression;
comment on column sessions.starts_at is 'Instant of the start; follows date, time and zone.';
comment on column sessions.ends_at is 'Instant of the end; follows date, times and zone.';
comment on column sessions.alarm_at is
'Instant of the alarm, alarm_before_minutes before the start; null: none is wanted.';

create index sessions_starts_at_idx on sessions (starts_at, id);
create index sessions_alarms_idx on sessions (starts_at, id) where alarm_at is not null;
create index sessions_to_start_idx on sessions (starts_at, id) where status = 'scheduled' and deleted_at is null;
create index sessions_to_complete_idx on sessions (ends_at, id) where status = 'in_progress' and deleted_at is null;
create index sessions_to_alarm_idx on sessions (alarm_at, id)
where status = 'scheduled' and deleted_at is null and alarm_at is not null;
create index sessions_whiteboard_id_idx on sessions (whiteboard_id) where whiteboard_id is not null;

create table settings (
    id boolean not null default true,
    reminder_lead interval not null default '1 hour',
    announce_changes boolean not null default true,
    rules text not null default 'enforce',
    calendar_id uuid not null default gen_random_uuid(),
    keep_personal interval,
    constraint settings_pkey primary key (id),
    constraint settings_one_row_check check (id),
    constraint settings_reminder_lead_check check (reminder_lead between interval '0' and interval '7 days'),
    constraint settings_keep_personal_check check (keep_personal > interval '0'),
    constraint settings_rules_check check (rules in ('enforce', 'observe'))
);
comment on table settings is 'Settings of this schema; one row, changed by its owner.';
comment on column settings.id is 'Always true.';
comment on column settings.reminder_lead is
'How long before the start of a session its reminder is due; 7 days at most.';
comment on column settings.announce_changes is
'True: a student who got a message about a session gets another one if it is moved or cancelled. False: reminders
only.';
comment on column settings.keep_personal is
'How long after the last session a student keeps name and addresses; null: forever. Housekeeping erases them.';
comment on column settings.rules is
'enforce: violations of rules are refused. observe: they are allowed and recorded in broken_rules; an adopted database
begins like this. Overbooking and double booking are always refused.';
comment on column settings.calendar_id is
'Part of the UID of sessions in calendars, which must be unique worldwide; do not change it.';
insert into settings default values;

create table broken_rules (
    id bigint not null generated always as identity,
    rule text not null,
    machine text not null,
    subject_id text not null,
    from_value text,
    to_value text,
    changed_by text not null,
    actor text not null,
    noted_at timestamptz not null,
    constraint broken_rules_pkey primary key (id)
);
comment on table broken_rules is
'What rules would have refused if settings.rules were enforce, in order; rule_violations counts it.';
comment on column broken_rules.id is 'Key, growing.';
comment on column broken_rules.rule is 'Key of the error that it would have been, such as illegal_transition.';
comment on column broken_rules.machine is 'What it is a rule of, such as tutoring.session.';
comment on column broken_rules.subject_id is 'Key of the row that was written, as text; stays if that row is deleted.';
comment on column broken_rules.from_value is 'What was there before; null: nothing.';
comment on column broken_rules.to_value is 'What was written; null: nothing.';
comment on column broken_rules.changed_by is 'Database role that wrote it: that of SET ROLE, else the login role.';
comment on column broken_rules.actor is 'Who acted, as the application says; no proof. Personal.';
comment on column broken_rules.noted_at is 'When, by lifecycle.now().';
create index broken_rules_noted_at_idx on broken_rules (noted_at);

create table status_changes (
    id bigint not null generated always as identity,
    machine text not null,
    subject_id text not null,
    from_status text,
    to_status text,
    cause text not null,
    changed_by text not null,
    actor text not null,
    changed_at timestamptz not null,
    constraint status_changes_pkey primary key (id),
    constraint status_changes_cause_check check (cause in ('person', 'seats', 'clock'))
);
comment on table status_changes is 'Every move of a status in this schema, in order.';
comment on column status_changes.id is 'Key, growing.';
comment on column status_changes.machine is 'Which status, as in status_rules, such as tutoring.session.';
comment on column status_changes.subject_id is 'Key of the row that moved, as text; stays if that row is deleted.';
comment on column status_changes.from_status is 'Status before; null: it had none.';
comment on column status_changes.to_status is 'Status after; null: it was taken away.';
comment on column status_changes.cause is 'person or clock.';
comment on column status_changes.changed_by is
'Database role that made the change: that of SET ROLE, else the login role.';
comment on column status_changes.actor is
'Who acted, as the application says, else the login role; no proof. Personal.';
comment on column status_changes.changed_at is 'When, by lifecycle.now().';
create index status_changes_machine_subject_id_idx on status_changes (machine, subject_id);
create index status_changes_changed_at_idx on status_changes (changed_at);
-- For workflow_log, whose session_id is a number.
create index status_changes_session_id_idx on status_changes ((subject_id::integer))
where machine = 'tutoring.session';

create table reschedules (
    id bigint not null generated always as identity,
    session_id integer not null,
    from_starts_at timestamptz not null,
    from_ends_at timestamptz not null,
    to_starts_at timestamptz not null,
    to_ends_at timestamptz not null,
    changed_by text not null,
    actor text not null,
    changed_at timestamptz not null,
    constraint reschedules_pkey primary key (id)
);
comment on table reschedules is 'Every move of a session in time, in order.';
comment on column reschedules.id is 'Key, growing.';
comment on column reschedules.session_id is 'Session that moved; this row stays if that one is deleted.';
comment on column reschedules.from_starts_at is 'Start before.';
comment on column reschedules.from_ends_at is 'End before.';
comment on column reschedules.to_starts_at is 'Start after.';
comment on column reschedules.to_ends_at is 'End after.';
comment on column reschedules.changed_by is
'Database role that made the change: that of SET ROLE, else the login role.';
comment on column reschedules.actor is 'Who acted, as the application says, else the login role; no proof. Personal.';
comment on column reschedules.changed_at is 'When, by lifecycle.now().';
create index reschedules_session_id_idx on reschedules (session_id);
create index reschedules_changed_at_idx on reschedules (changed_at);

create table session_occurrences (
    base_session_id integer not null,
    occurrence_date date not null,
    start_time time not null,
    end_time time not null,
    session_id integer,
    constraint session_occurrences_pkey primary key (base_session_id, occurrence_date),
    constraint session_occurrences_base_session_id_fkey
    foreign key (base_session_id) references sessions (id) on delete cascade,
    constraint session_occurrences_session_id_fkey
    foreign key (session_id) references sessions (id) on delete set null
);
comment on table session_occurrences is
'The dates of series for which sessions have been made. Each date is made once, even if its session is moved or deleted
later.';
comment on column session_occurrences.base_session_id is 'Session with the recurring_pattern.';
comment on column session_occurrences.occurrence_date is
'Local date according to the pattern, even if the session was moved since.';
comment on column session_occurrences.start_time is
'Local start according to the series, even if the session was moved since.';
comment on column session_occurrences.end_time is 'Local end according to the series.';
comment on column session_occurrences.session_id is 'Session made for it; null: the row was deleted.';
create index session_occurrences_session_id_idx on session_occurrences (session_id);

create table idempotency_keys (
    enrolled_courses_id integer not null,
    idempotency_key text not null,
    request bytea not null,
    session_ids integer[] not null,
    created_at timestamptz not null,
    constraint idempotency_keys_pkey primary key (enrolled_courses_id, idempotency_key),
    constraint idempotency_keys_enrolled_courses_id_fkey
    foreign key (enrolled_courses_id) references enrolled_courses (id) on delete cascade
);
comment on table idempotency_keys is
'Calls that were made with an idempotency key, so that a repeated call does nothing.';
comment on column idempotency_keys.enrolled_courses_id is 'Course that the call was about.';
comment on column idempotency_keys.idempotency_key is 'The caller''s key of the call; unique for the course. Personal.';
comment on column idempotency_keys.request is 'SHA-256 of the call with its arguments.';
comment on column idempotency_keys.session_ids is 'Keys of the sessions that it made or changed, in its order.';
comment on column idempotency_keys.created_at is 'When the call was made, by lifecycle.now().';
create index idempotency_keys_created_at_idx on idempotency_keys (created_at);

create table reminders (
    id bigint not null generated always as identity,
    session_id integer not null,
    student_id integer,
    kind text not null,
    is_reminder boolean not null default true,
    channel text not null default 'whatsapp',
    recipient text,
    message jsonb,
    due_at timestamptz not null,
    for_starts_at timestamptz not null,
    state text not null,
    reason text,
    attempts integer not null default 0,
    next_attempt_at timestamptz,
    worker text,
    lease_until timestamptz,
    last_error text,
    queued_at timestamptz not null,
    settled_at timestamptz,
    constraint reminders_pkey primary key (id),
    constraint reminders_session_id_fkey foreign key (session_id) references sessions (id) on delete cascade,
    constraint reminders_kind_check check (kind in ('starts_soon', 'alarm', 'changed', 'cancelled')),
    constraint reminders_state_check
    check (state in ('queued', 'claimed', 'sent', 'failed', 'skipped', 'missed', 'prevented')),
    constraint reminders_queued_check check (state <> 'queued' or next_attempt_at is not null),
    constraint reminders_claimed_check
    check (state <> 'claimed' or (worker is not null and lease_until is not null))
) with (autovacuum_vacuum_scale_factor = 0.02);
comment on table reminders is 'Outbox: messages to students. The clock queues them, couriers claim and send them.';
comment on column reminders.id is 'Key, growing.';
comment on column reminders.session_id is 'Session that the message is about.';
comment on column reminders.kind is
'starts_soon (settings.reminder_lead before the start), alarm (alarm_before_minutes before it), changed (an earlier
message is no longer true) or cancelled (the session does not take place, or not with this student).';
comment on column reminders.student_id is
'Student that it is for, as of the last claim; null: the session had no course. The row stays if the student is
deleted.';
comment on column reminders.is_reminder is
'True: it reminds of the session, so no other reminder is needed. False: an alarm, a cancellation, or a change that is
sent earlier than settings.reminder_lead before the start.';
comment on column reminders.channel is 'How it is sent, such as whatsapp.';
comment on column reminders.recipient is 'Phone number, as of the last claim; null: never to be sent. Personal.';
comment on column reminders.message is
'What to say, as of the last claim: student, tutor, course, session_date, start_time, end_time, timezone, starts_at,
session_mode, location; null: never to be sent. Personal.';
comment on column reminders.due_at is 'When it is due to be sent.';
comment on column reminders.for_starts_at is
'Start of the session that it is about; if the session moves, it gets another reminder.';
comment on column reminders.state is
'queued, claimed (a courier has it), sent, failed (given up), skipped (its condition did not hold when it was due),
missed (the start came first), prevented (the session was moved, cancelled or deleted in the meantime).';
comment on column reminders.reason is 'Why it was skipped, missed or prevented, such as no_phone_number.';
comment on column reminders.attempts is 'How often it was claimed; given up after 5.';
comment on column reminders.next_attempt_at is 'From when on a queued one may be claimed, by lifecycle.now().';
comment on column reminders.worker is 'Courier that claimed it last.';
comment on column reminders.lease_until is 'Until when that claim holds, by the server''s own clock.';
comment on column reminders.last_error is 'What the courier said of its last failure. Personal.';
comment on column reminders.queued_at is 'When the row was made, by lifecycle.now().';
comment on column reminders.settled_at is
'When it was sent, given up, skipped, missed or prevented, by lifecycle.now(); null: not yet.';
-- Two of one kind may be on their way only if they say different things.
create unique index reminders_unsettled_key on reminders (session_id, kind, student_id, for_starts_at)
where state in ('queued', 'claimed');
create index reminders_session_id_for_starts_at_idx on reminders (session_id, for_starts_at);
create index reminders_for_starts_at_session_id_idx on reminders (for_starts_at, session_id) where is_reminder;
create index reminders_sent_idx on reminders (for_starts_at) where state = 'sent';
create index reminders_queued_idx on reminders (next_attempt_at, id) where state = 'queued';
create index reminders_claimed_idx on reminders (lease_until, id) where state = 'claimed';
create index reminders_unsent_idx on reminders (for_starts_at) where state in ('queued', 'claimed');
create index reminders_rejected_idx on reminders (for_starts_at) where state in ('skipped', 'prevented');
create index reminders_settled_at_idx on reminders (settled_at) where settled_at is not null;

create table failed_steps (
    id bigint not null generated always as identity,
    step text not null,
    subject_id text not null,
    sqlstate text not null,
    message text not null,
    attempts integer not null,
    first_failed_at timestamptz not null,
    failed_at timestamptz not null,
    next_attempt_at timestamptz,
    constraint failed_steps_pkey primary key (id),
    constraint failed_steps_step_subject_id_key unique (step, subject_id)
);
comment on table failed_steps is
'Rows that a step of the clock could not move: what went wrong, and when it is tried again. A row that moved, or is no
longer due, is deleted.';
comment on column failed_steps.id is 'Key, growing.';
comment on column failed_steps.step is 'Step that failed, one of steps().';
comment on column failed_steps.subject_id is
'Key of the row that did not move, as text; this row stays if that one is deleted.';
comment on column failed_steps.sqlstate is 'SQLSTATE of the newest failure.';
comment on column failed_steps.message is 'Message of the newest failure. Personal.';
comment on column failed_steps.attempts is 'How often it was tried.';
comment on column failed_steps.first_failed_at is 'When it failed first, by lifecycle.now().';
comment on column failed_steps.failed_at is 'When it failed last, by lifecycle.now().';
comment on column failed_steps.next_attempt_at is 'When it is tried again; null: given up.';

-- Written by bookings, moves and payments, numbered by whoever reads: so that no booking waits for another, and none
-- that commits late slips in before what was read already.
create table pending_events (
    id bigint generated always as identity,
    kind text not null,
    subject_id text not null,
    payload jsonb not null,
    actor text not null,
    occurred_at timestamptz not null,
    constraint pending_events_pkey primary key (id)
);
comment on table pending_events is
'Events without a position; read_events(), the tick or housekeeping move them to events.';
comment on column pending_events.id is 'Key, growing: an effect has a larger key than its cause.';
comment on column pending_events.kind is 'What happened, such as session.moved.';
comment on column pending_events.subject_id is
'Key of the row that it is about, as text; stays if that row is deleted.';
comment on column pending_events.payload is 'Its data: keys, numbers and times; nothing personal.';
comment on column pending_events.actor is
'Who acted, as the application says, else the login role; no proof. Personal.';
comment on column pending_events.occurred_at is 'When, by lifecycle.now().';

create table events (
    position bigint not null,
    kind text not null,
    subject_id text not null,
    payload jsonb not null,
    actor text not null,
    occurred_at timestamptz not null,
    constraint events_pkey primary key (position)
);
comment on table events is 'What happened, in the order in which read_events() returns it.';
comment on column events.position is 'Key, growing without gaps; pass the last one to read_events().';
comment on column events.kind is
'What happened: a noun and what happened to it, such as session.moved or enrollment.cancelled.';
comment on column events.subject_id is 'Key of the row that it is about, as text; stays if that row is deleted.';
comment on column events.payload is 'Its data: keys, numbers and times; nothing personal.';
comment on column events.actor is 'Who acted, as the application says, else the login role; no proof. Personal.';
comment on column events.occurred_at is 'When, by lifecycle.now(): the start of its transaction.';
create index events_occurred_at_idx on events (occurred_at);

create table event_counter (
    id boolean not null default true,
    last_position bigint not null default 0,
    constraint event_counter_pkey primary key (id),
    constraint event_counter_one_row_check check (id)
);
comment on table event_counter is 'The newest position of events; one row, locked while events get positions.';
comment on column event_counter.id is 'Always true.';
comment on column event_counter.last_position is 'Position of the newest event; 0: there was none.';
insert into event_counter default values;

create table session_revisions (
    session_id integer not null,
    sequence integer not null,
    revised_at timestamptz not null,
    constraint session_revisions_pkey primary key (session_id),
    constraint session_revisions_session_id_fkey
    foreign key (session_id) references sessions (id) on delete cascade
);
comment on table session_revisions is
'How often sessions were moved, cancelled or restored: the SEQUENCE of calendars. No row: never.';
comment on column session_revisions.session_id is 'Session.';
comment on column session_revisions.sequence is 'How often.';
comment on column session_revisions.revised_at is 'When last, by lifecycle.now().';

create table calendar_tokens (
    id bigint not null generated always as identity,
    token_hash bytea not null,
    scope text not null,
    subject_id text not null,
    actor text not null,
    created_at timestamptz not null,
    revoked_at timestamptz,
    constraint calendar_tokens_pkey primary key (id),
    constraint calendar_tokens_token_hash_key unique (token_hash)
);
comment on table calendar_tokens is 'Secret addresses of calendars; only a hash of the secret is stored.';
comment on column calendar_tokens.id is 'Key, growing.';
comment on column calendar_tokens.token_hash is 'SHA-256 of the token.';
comment on column calendar_tokens.scope is 'Whose sessions, as calendar_feed() takes it.';
comment on column calendar_tokens.subject_id is 'Key in that scope, as text. Personal.';
comment on column calendar_tokens.actor is
'Who acted, as the application says, else the login role; no proof. Personal.';
comment on column calendar_tokens.created_at is 'When it was made, by lifecycle.now().';
comment on column calendar_tokens.revoked_at is 'When it was revoked; null: it is valid.';
create index calendar_tokens_scope_subject_id_idx on calendar_tokens (scope, subject_id);

revoke all on settings, status_changes, pending_events, events, event_counter, session_revisions, calendar_tokens,
reschedules, session_occurrences, idempotency_keys, reminders, failed_steps,
broken_rules from public;
