-- Steps of the clock that failed for one row, and when they are tried again.
-- depends: 0005_status_changes
--
-- Why:      one row that a constraint or trigger of the application refuses must not hold up all others, nor be lost.
-- Locks:    none on existing objects.
-- Data:     none.
-- Rollback: 0006_failed_steps.rollback.sql drops the table; the next tick tries such rows anew.
create table failed_steps (
    id bigint generated always as identity,
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
comment on column failed_steps.step is 'Which step, one of steps().';
comment on column failed_steps.subject_id is 'Key of the row that would not move, as text.';
comment on column failed_steps.sqlstate is 'SQLSTATE of the newest failure.';
comment on column failed_steps.message is 'Message of the newest failure. Personal.';
comment on column failed_steps.attempts is
'How often the step was tried since it first failed, or since it was retried by hand.';
comment on column failed_steps.first_failed_at is 'When it first failed, by the clock''s time.';
comment on column failed_steps.failed_at is 'When it last failed, by the clock''s time.';
comment on column failed_steps.next_attempt_at is 'From when on the tick tries again; null: given up.';
revoke all on failed_steps from public;
