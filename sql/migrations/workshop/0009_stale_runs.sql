-- Runs whose sessions changed while somebody held the run are noted, for the clock to bring up to date.
-- depends: 0008_waiting_list
--
-- Why:      a caller that holds a session must not wait for its run: the holder of the run may be waiting for the
-- session.
-- Locks:    none on existing objects.
-- Data:     none.
-- Rollback: 0009_stale_runs.rollback.sql drops the table; stored statuses and dates of noted runs stay as they are
--           until a session of theirs changes again.
create table stale_runs (
    id bigint generated always as identity,
    run_id uuid not null,
    noted_at timestamptz not null default now(),
    constraint stale_runs_pkey primary key (id)
);
comment on table stale_runs is
'Runs whose status and dates have to follow their sessions. A change of a session adds a row; it is deleted at the end
of that transaction if the run is not locked, else by the next tick. No foreign key, which would wait for a transaction
that deletes the run.';
comment on column stale_runs.id is 'Key, growing.';
comment on column stale_runs.run_id is 'Key of the run; it may be gone.';
comment on column stale_runs.noted_at is 'When a session of it changed.';
create index stale_runs_run_id_idx on stale_runs (run_id);
revoke all on stale_runs from public;
