-- Every change of a status is kept, with cause, actor and time.
-- depends: 0004_session_instants
--
-- Why:      "who cancelled this, and when" must have an answer.
-- Locks:    none on existing objects.
-- Data:     none; the history begins here.
-- Rollback: 0005_status_changes.rollback.sql drops the history.
create table status_changes (
    id bigint generated always as identity,
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
comment on column status_changes.machine is 'Which status, as in status_rules, such as workshop.session.';
comment on column status_changes.subject_id is
'Key of the session, run, order or waiting list entry that moved, as text; stays if that row is deleted.';
comment on column status_changes.from_status is 'Status before.';
comment on column status_changes.to_status is 'Status after.';
comment on column status_changes.cause is 'person, seats or clock.';
comment on column status_changes.changed_by is
'Database role that made the change: that of SET ROLE, else the login role.';
comment on column status_changes.actor is
'Who acted, as the application says (setting sessionbook.actor, else the claim sub of the token), else the login role;
no proof. Personal.';
comment on column status_changes.changed_at is 'When, by lifecycle.now().';
create index status_changes_machine_subject_id_idx on status_changes (machine, subject_id);
create index status_changes_changed_at_idx on status_changes (changed_at);
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
    session_id uuid not null,
    sequence integer not null,
    revised_at timestamptz not null,
    constraint session_revisions_pkey primary key (session_id),
    constraint session_revisions_session_id_fkey
    foreign key (session_id) references workshop_sessions (id) on delete cascade
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

revoke all on status_changes, pending_events, events, event_counter, session_revisions, calendar_tokens from public;
