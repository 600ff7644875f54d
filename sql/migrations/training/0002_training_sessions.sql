-- Sessions from draft to done, who attends them, and the history of their status.
-- depends: 0001_training
--
-- Why:      a training event needs only its course while it is planned; once it is in the calendar it has everything,
--           and neither its trainer nor its venue is anywhere else.
-- Locks:    none on existing objects that are in use.
-- Data:     none.
-- Rollback: 0002_training_sessions.rollback.sql drops the tables with everything in them.
create type session_status as enum ('DRAFT', 'SCHEDULED', 'COMPLETED', 'CANCELLED');
comment on type session_status is
'DRAFT: being planned. SCHEDULED: in the calendar. COMPLETED: happened, attendance marked. CANCELLED: aborted.';
create type attendance_status as enum ('REGISTERED', 'ATTENDED', 'NO_SHOW');
comment on type attendance_status is 'REGISTERED: expected. ATTENDED: was there. NO_SHOW: was not.';

-- In an index, so schema. Of UTC times: timestamptz minus an interval depends on the time zone of the connection.
create function busy(
    p_start_time timestamptz,
    p_end_time timestamptz,
    p_buffer_before interval,
    p_buffer_after interval
)
returns tsrange
language sql
immutable
security invoker
parallel safe
begin atomic
    select tsrange(
        (p_start_time at time zone 'UTC') - p_buffer_before, (p_end_time at time zone 'UTC') + p_buffer_after
    );
end;
comment on function busy(timestamptz, timestamptz, interval, interval) is
'The time for which a session occupies a trainer or a venue. p_start_time, p_end_time: of the session; p_buffer_before,
p_buffer_after: time kept free before and after it. Returns a range of UTC times without its end. Raises 22000 if the
end is before the start.';
revoke all on function busy(timestamptz, timestamptz, interval, interval) from public;

-- The constraints pass over drafts, whose times may be missing or in the wrong order: a range of those would raise.
-- Ranges come first: over many sessions, as of a table that is adopted, that takes two thirds of the time.
create table sessions (
    id text not null default cuid(),
    course_id text not null,
    trainer_id text,
    venue_id text,
    start_time timestamptz,
    end_time timestamptz,
    status session_status not null default 'DRAFT',
    trainer_buffer_before interval not null default '0',
    trainer_buffer_after interval not null default '0',
    venue_buffer_before interval not null default '0',
    venue_buffer_after interval not null default '0',
    accepted_conflict boolean not null default false,
    created_by_id text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    idempotency_key text,
    idempotency_request jsonb,
    constraint sessions_pkey primary key (id),
    constraint sessions_id_check check (id ~* '^c[^\s-]{8,}$'),
    constraint sessions_complete_check check (
        status not in ('SCHEDULED', 'COMPLETED')
        or (trainer_id is not null and venue_id is not null and start_time is not null and end_time is not null)
    ),
    constraint sessions_end_after_start_check
    check (status not in ('SCHEDULED', 'COMPLETED') or end_time > start_time),
    constraint sessions_finite_check
    check (status not in ('SCHEDULED', 'COMPLETED') or (isfinite(start_time) and isfinite(end_time))),
    constraint sessions_course_id_fkey foreign key (course_id) references courses (id) on delete restrict,
    constraint sessions_trainer_id_fkey foreign key (trainer_id) references trainers (id) on delete set null,
    constraint sessions_venue_id_fkey foreign key (venue_id) references venues (id) on delete set null,
    constraint sessions_trainer_id_excl exclude using gist (
        busy(start_time, end_time, trainer_buffer_before, trainer_buffer_after) with &&, trainer_id with =
    ) where (
        status in ('SCHEDULED', 'COMPLETED') and deleted_at is null and not accepted_conflict and end_time > start_time
    ) deferrable initially immediate,
    constraint sessions_venue_id_excl exclude using gist (
        busy(start_time, end_time, venue_buffer_before, venue_buffer_after) with &&, venue_id with =
    ) where (
        status in ('SCHEDULED', 'COMPLETED') and deleted_at is null and not accepted_conflict and end_time > start_time
    ) deferrable initially immediate
);
comment on table sessions is 'Training events, one row an event.';
comment on column sessions.id is 'Key, a cuid.';
comment on column sessions.course_id is 'What is taught.';
comment on column sessions.trainer_id is 'Who teaches; null: nobody yet.';
comment on column sessions.venue_id is 'The venue; null: not decided yet.';
comment on column sessions.start_time is 'When it starts; null: not decided yet.';
comment on column sessions.end_time is
'When it ends; null: not decided yet. The next session may start at this instant, or after the buffers.';
comment on column sessions.status is 'DRAFT, SCHEDULED, COMPLETED or CANCELLED.';
comment on column sessions.trainer_buffer_before is
'The trainer''s buffer_before, which a trigger copies while the session is to come.';
comment on column sessions.trainer_buffer_after is
'The trainer''s buffer_after, which a trigger copies while the session is to come.';
comment on column sessions.venue_buffer_before is
'The venue''s buffer_before, which a trigger copies while the session is to come.';
comment on column sessions.venue_buffer_after is
'The venue''s buffer_after, which a trigger copies while the session is to come.';
comment on column sessions.accepted_conflict is
'True: it conflicted with another session when the table was adopted, which is accepted until it moves.';
comment on column sessions.created_by_id is 'Who planned it, a key of the application''s.';
comment on column sessions.created_at is 'When the row was made.';
comment on column sessions.updated_at is 'When the row last changed.';
comment on column sessions.deleted_at is
'When it was soft-deleted; null: it was not. Trainer and venue are free since then.';
comment on column sessions.idempotency_key is
'What its planner''s application made up for the call that made it; null: nothing.';
comment on column sessions.idempotency_request is 'What idempotency_key was used for; null: no key.';
comment on constraint sessions_complete_check on sessions is
'A session in the calendar has trainer, venue, start and end; a trainer or venue of such a session cannot be deleted.';
comment on constraint sessions_trainer_id_excl on sessions is
'No trainer is in two sessions at once. Buffers count; half-open: one may end when the next
starts. Deferrable: a series may shift.';
comment on constraint sessions_venue_id_excl on sessions is
'No venue holds two sessions at once. Buffers count; half-open: one may end when the next
starts. Deferrable: a series may shift.';
create unique index sessions_created_by_id_idempotency_key_key on sessions (created_by_id, idempotency_key)
where idempotency_key is not null;
create index sessions_course_id_idx on sessions (course_id);
-- By end: what is in somebody's way ends after the start asked for, and in front of that lies all of the past.
create index sessions_trainer_id_end_time_idx on sessions (trainer_id, end_time);
create index sessions_venue_id_end_time_idx on sessions (venue_id, end_time);
create index sessions_start_time_idx on sessions (start_time, id);
-- What is taken is found by its start, and what began long before by this.
create index sessions_long_idx on sessions (end_time) where end_time - start_time > interval '24 hours';

create table session_attendees (
    session_id text not null,
    personnel_id text not null,
    status attendance_status not null default 'REGISTERED',
    remarks text,
    constraint session_attendees_pkey primary key (session_id, personnel_id),
    constraint session_attendees_session_id_fkey
    foreign key (session_id) references sessions (id) on delete cascade,
    constraint session_attendees_personnel_id_fkey
    foreign key (personnel_id) references personnel (id) on delete restrict
);
comment on table session_attendees is 'Class lists, one row a session and person.';
comment on column session_attendees.session_id is 'Session that the person attends.';
comment on column session_attendees.personnel_id is 'Person who attends.';
comment on column session_attendees.status is 'REGISTERED, ATTENDED or NO_SHOW.';
comment on column session_attendees.remarks is 'What there is to say, such as that they left early; null: nothing.
Personal.';
create index session_attendees_personnel_id_idx on session_attendees (personnel_id);

create table status_changes (
    id bigint not null generated always as identity,
    machine text not null,
    subject_id text not null,
    from_status text not null,
    to_status text not null,
    cause text not null,
    changed_by text not null,
    actor text not null,
    changed_at timestamptz not null,
    constraint status_changes_pkey primary key (id),
    constraint status_changes_cause_check check (cause in ('person', 'seats', 'clock'))
);
comment on table status_changes is 'Every move of a status in this schema, in order.';
comment on column status_changes.id is 'Key, growing.';
comment on column status_changes.machine is 'Which status, as in status_rules, such as training.session.';
comment on column status_changes.subject_id is 'Key of the session that moved; this row stays if that one is deleted.';
comment on column status_changes.from_status is 'Status before.';
comment on column status_changes.to_status is 'Status after.';
comment on column status_changes.cause is 'Who made the move; in training always person.';
comment on column status_changes.changed_by is 'Database role that made the move.';
comment on column status_changes.actor is
'Who acted, as the application says (setting sessionbook.actor, else the claim sub of the token), else the login role.
Personal.';
comment on column status_changes.changed_at is 'When, by lifecycle.now().';
create index status_changes_machine_subject_id_idx on status_changes (machine, subject_id);
create index status_changes_changed_at_idx on status_changes (changed_at);

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
'Steps of the clock that failed and are still due. A row goes when the step succeeds or is no longer due.';
comment on column failed_steps.id is 'Key, for retry_failed_step().';
comment on column failed_steps.step is 'Which step, as in steps(), such as lapse_compliance.';
comment on column failed_steps.subject_id is 'Key of the row that did not move.';
comment on column failed_steps.sqlstate is 'SQLSTATE of the newest failure.';
comment on column failed_steps.message is 'Message of the newest failure. Personal.';
comment on column failed_steps.attempts is 'How often the step was tried.';
comment on column failed_steps.first_failed_at is 'When it first failed, by the clock''s time.';
comment on column failed_steps.failed_at is 'When it last failed, by the clock''s time.';
comment on column failed_steps.next_attempt_at is 'From when on the tick tries again; null: given up.';

create table settings (
    id boolean not null default true,
    rules text not null default 'enforce',
    keep_personal interval,
    constraint settings_pkey primary key (id),
    constraint settings_one_row_check check (id),
    constraint settings_keep_personal_check check (keep_personal > interval '0'),
    constraint settings_rules_check check (rules in ('enforce', 'observe'))
);
comment on table settings is 'Settings of this schema; one row, changed by its owner.';
comment on column settings.id is 'Always true.';
comment on column settings.keep_personal is
'How long people and trainers who are soft-deleted keep their names, and sessions the remarks on attendees; null:
forever. Housekeeping erases them.';
comment on column settings.rules is
'enforce: violations of rules are refused. observe: they are allowed and recorded in broken_rules; an adopted database
begins like this. Overbooking and double booking are always refused.';
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
comment on column broken_rules.machine is 'What it is a rule of, such as training.session.';
comment on column broken_rules.subject_id is 'Key of the row that was written, as text; stays if that row is deleted.';
comment on column broken_rules.from_value is 'What was there before; null: nothing.';
comment on column broken_rules.to_value is 'What was written; null: nothing.';
comment on column broken_rules.changed_by is 'Database role that wrote it: that of SET ROLE, else the login role.';
comment on column broken_rules.actor is 'Who acted, as the application says; no proof. Personal.';
comment on column broken_rules.noted_at is 'When, by lifecycle.now().';
create index broken_rules_noted_at_idx on broken_rules (noted_at);

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
    session_id text not null,
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

revoke all on sessions, session_attendees, status_changes, pending_events, events, event_counter, session_revisions,
calendar_tokens, failed_steps, settings, broken_rules from public;
