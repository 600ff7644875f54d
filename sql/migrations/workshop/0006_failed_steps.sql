-- Steps of the clock that a row could not take are kept, and tried again.
-- depends: 0005_status_changes
--
-- Why:      one session that cannot move, for a constraint or trigger of the application's own, must not hold up the
--           rest.
-- Locks:    none on existing objects.
-- Data:     none.
-- Rollback: 0006_failed_steps.rollback.sql drops the table with what it holds.
create table failed_steps (
    id bigint not null generated always as identity,
    step text not null,
    subject_id uuid not null,
    sqlstate text not null,
    message text not null,
    tries integer not null default 1,
    failed_at timestamptz not null,
    next_try_at timestamptz,
    resolved_at timestamptz,
    constraint failed_steps_pkey primary key (id)
);
comment on table failed_steps is
'Rows that a step of the clock could not move: what went wrong, and when it is tried again.';
comment on column failed_steps.id is 'Key, growing.';
comment on column failed_steps.step is 'Step of advance_sessions(), such as complete_sessions.';
comment on column failed_steps.subject_id is 'Key of the session that did not move; this row outlives it.';
comment on column failed_steps.sqlstate is 'SQLSTATE of the newest failure.';
comment on column failed_steps.message is 'Message of the newest failure.';
comment on column failed_steps.tries is 'How often it was tried; given up after 5.';
comment on column failed_steps.failed_at is 'When it failed last, by lifecycle.now().';
comment on column failed_steps.next_try_at is 'When it is tried again; null: resolved, or given up.';
comment on column failed_steps.resolved_at is 'When the step went through or was no longer due; null: it is open.';
create unique index failed_steps_open_key on failed_steps (step, subject_id) where resolved_at is null;
create index failed_steps_next_try_at_idx on failed_steps (next_try_at) where next_try_at is not null;
create index failed_steps_failed_at_idx on failed_steps (failed_at);

revoke all on failed_steps from public;
