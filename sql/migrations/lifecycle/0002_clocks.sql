-- Which schemas the clock moves, and what each tick did.
-- depends: 0001_lifecycle
--
-- Why:      one tick serves every installed copy of every unit; a tick that did not come must be seen.
-- Locks:    none on existing objects.
-- Data:     none.
-- Rollback: 0002_clocks.rollback.sql drops both tables with their rows.
create table clocks (
    schema_name text not null,
    unit text not null,
    enabled boolean not null default true,
    last_ok_at timestamptz,
    last_error text,
    constraint clocks_pkey primary key (schema_name)
);
comment on table clocks is 'One row per installation of a unit whose sessions move with time.';
comment on column clocks.schema_name is 'Schema of the installation; advance() moves it.';
comment on column clocks.unit is 'Its unit, such as workshop.';
comment on column clocks.enabled is 'False: ticks skip this schema.';
comment on column clocks.last_ok_at is 'Wall-clock time of the last pass that had something to do and went well.';
comment on column clocks.last_error is 'SQLSTATE and message of the newest failure; null after a pass that went well.';

create table ticks (
    id bigint generated always as identity,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    pid integer not null default pg_backend_pid(),
    moved jsonb not null default '{}',
    failed bigint not null default 0,
    error text,
    constraint ticks_pkey primary key (id)
);
comment on table ticks is 'One row per run of the clock, also of one that failed.';
comment on column ticks.id is 'Number of the run, growing.';
comment on column ticks.started_at is 'Wall-clock time at which the run began.';
comment on column ticks.finished_at is
'Wall-clock time at which nothing was due any more; null: still running, or interrupted.';
comment on column ticks.pid is 'Server process of the run.';
comment on column ticks.moved is 'Rows moved: schema to step to count, such as {"workshop": {"complete_sessions": 3}}.';
comment on column ticks.failed is 'Steps that failed, over all schemas.';
comment on column ticks.error is 'SQLSTATE and message of the first schema whose pass failed, or who kept it out;
null: none.';

-- A sequence, because each session has its own value of it, which costs almost nothing to read: a query for each row
-- was a tenth of a tick.
create sequence clock_mark;
comment on sequence clock_mark is
'Its value in a session tells whether the clock is moving rows: 10000 times the transaction, plus the depth of triggers
outside the step. Only the owner reads and writes it, so nobody can make a move look like the clock''s.';

create index ticks_started_at_idx on ticks (started_at);

revoke all on clocks, ticks from public;
revoke all on sequence clock_mark from public;
