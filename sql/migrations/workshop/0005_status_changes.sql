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
'Key of the session, run, order or waiting list entry that moved, as text; outlives it.';
comment on column status_changes.from_status is 'Status before.';
comment on column status_changes.to_status is 'Status after.';
comment on column status_changes.cause is 'person, seats or clock.';
comment on column status_changes.changed_by is
'Database role that made the change: that of SET ROLE, else the login role.';
comment on column status_changes.actor is
'For whom the application said that it acts (setting sessionbook.actor, or the claim sub), else the login role; no
proof.';
comment on column status_changes.changed_at is 'When, by lifecycle.now().';
create index status_changes_machine_subject_id_idx on status_changes (machine, subject_id);
create index status_changes_changed_at_idx on status_changes (changed_at);
revoke all on status_changes from public;
