-- Sessions have a status, a number and a run; enrollments and order items say which session they are for.
-- depends: 0001_baseline
--
-- Why:      nobody could tell whether a session was full, repeating a workshop meant deleting its old sessions, and a
--           workshop over several days was no unit. Applications that had begun with these columns keep theirs.
-- Locks:    access exclusive on workshop_sessions, enrollments and order_items for the length of the transaction; the
--           first is read once for its statuses.
-- Data:     existing sessions get the status that their flag, counter and capacity say. Nothing is deleted.
-- Rollback: 0002_session_tracking.rollback.sql drops runs, statuses and links with what was stored in them.
create table if not exists workshop_runs (
    id uuid not null default gen_random_uuid(),
    workshop_id uuid not null,
    run_name varchar(255) not null,
    run_name_ar varchar(255),
    start_date date not null,
    end_date date,
    status varchar(20) not null default 'upcoming',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint workshop_runs_pkey primary key (id),
    constraint workshop_runs_workshop_id_fkey foreign key (workshop_id) references workshops (id) on delete cascade,
    constraint workshop_runs_dates_check
    check (end_date >= start_date and isfinite(start_date) and isfinite(end_date)),
    constraint workshop_runs_status_check
    check (status in ('upcoming', 'active', 'full', 'completed', 'cancelled'))
);
comment on table workshop_runs is 'Sessions of a workshop that belong together, such as "July 2025 Batch".';
comment on column workshop_runs.id is 'Key.';
comment on column workshop_runs.workshop_id is 'Workshop that is run.';
comment on column workshop_runs.run_name is 'Name of the run.';
comment on column workshop_runs.run_name_ar is 'Name in Arabic; null: not translated.';
comment on column workshop_runs.start_date is 'First day; that of its sessions once it has any.';
comment on column workshop_runs.end_date is 'Last day; that of its sessions once it has any. Null: not known.';
comment on column workshop_runs.status is 'upcoming, active, full, completed or cancelled; follows the sessions.';
comment on column workshop_runs.created_at is 'When the row was made.';
comment on column workshop_runs.updated_at is 'When the row last changed.';
create index if not exists workshop_runs_workshop_id_start_date_idx on workshop_runs (workshop_id, start_date);

alter table workshop_sessions
add column if not exists status varchar(20) not null default 'upcoming',
add column if not exists status_ar varchar(50),
add column if not exists session_number integer not null default 1,
add column if not exists run_id uuid,
add column if not exists metadata jsonb not null default '{}';
comment on column workshop_sessions.status is 'upcoming, active, full, completed or cancelled.';
comment on column workshop_sessions.status_ar is 'The status in Arabic; follows status.';
comment on column workshop_sessions.session_number is 'Place in its run, from 1 (day 1, day 2).';
comment on column workshop_sessions.run_id is 'Run that the session belongs to, one of the same workshop; null: none.';
comment on column workshop_sessions.metadata is 'Whatever the application keeps with a session.';
create index if not exists workshop_sessions_run_id_idx on workshop_sessions (run_id);

update workshop_sessions as s
set status = case
    when s.is_completed then 'completed'
    when s.max_attendees > 0 and s.current_attendees >= s.max_attendees then 'full'
    else 'active'
end
where s.status = 'upcoming' and (s.is_completed or s.current_attendees > 0);

-- As the domains of 0001_baseline.
create domain known_session_status as text
constraint workshop_sessions_status_check check (value in ('upcoming', 'active', 'full', 'completed', 'cancelled'));
comment on domain known_session_status is 'A status that sessions know.';
alter table workshop_sessions
drop constraint if exists workshop_sessions_status_check,
add constraint workshop_sessions_known_check check (status::known_session_status is not null);

alter table enrollments
add column if not exists session_id uuid,
drop constraint if exists enrollments_session_id_fkey,
add constraint enrollments_session_id_fkey
foreign key (session_id) references workshop_sessions (id) on delete set null;
comment on column enrollments.session_id is 'Session that the seat is in; null: not decided.';
create index if not exists enrollments_session_id_idx on enrollments (session_id);

alter table order_items
add column if not exists session_id uuid,
add column if not exists run_id uuid,
drop constraint if exists order_items_session_id_fkey,
drop constraint if exists order_items_run_id_fkey,
add constraint order_items_session_id_fkey
foreign key (session_id) references workshop_sessions (id) on delete set null,
add constraint order_items_run_id_fkey foreign key (run_id) references workshop_runs (id) on delete set null;
comment on column order_items.session_id is 'Session bought; null: not decided.';
comment on column order_items.run_id is 'Run of the session bought, one of the same workshop; null: none.';
create index if not exists order_items_session_id_idx on order_items (session_id);
create index if not exists order_items_run_id_idx on order_items (run_id);

revoke all on workshop_runs from public;
