-- Bookings move to other sessions and change their seats, and keep what they were; a session is moved once a key.
-- depends: 0014_run_bookings
--
-- Why:      to give up a seat and take another one lost the place, the price and the history.
-- Locks:    share row exclusive on enrollments and workshop_sessions, for the foreign keys.
-- Data:     none.
-- Rollback: 0015_booking_changes.rollback.sql drops the history of changes and callers' keys; bookings stay as
--           they are.
create table booking_changes (
    id bigint not null generated always as identity,
    enrollment_id uuid not null,
    from_session_id uuid,
    to_session_id uuid,
    from_seats integer not null,
    to_seats integer not null,
    from_price numeric(10, 3) not null,
    to_price numeric(10, 3) not null,
    changed_by text not null,
    actor text not null,
    changed_at timestamptz not null,
    constraint booking_changes_pkey primary key (id),
    constraint booking_changes_enrollment_id_fkey
    foreign key (enrollment_id) references enrollments (id) on delete cascade
);
comment on table booking_changes is
'Changes of bookings: to another session, or to more or fewer seats. Rows are only added.';
comment on column booking_changes.id is 'Key.';
comment on column booking_changes.enrollment_id is 'Enrollment that changed.';
comment on column booking_changes.from_session_id is 'Session before; null: none.';
comment on column booking_changes.to_session_id is 'Session after; null: none.';
comment on column booking_changes.from_seats is 'Seats before.';
comment on column booking_changes.to_seats is 'Seats after.';
comment on column booking_changes.from_price is 'What the seats cost before, in the workshop''s currency.';
comment on column booking_changes.to_price is 'What the seats cost after.';
comment on column booking_changes.changed_by is 'Database role that changed it: that of SET ROLE, else the login role.';
comment on column booking_changes.actor is
'Who acted, as the application says (setting sessionbook.actor, else the claim sub of the token), else the login role;
no proof. Personal.';
comment on column booking_changes.changed_at is 'When it changed.';
create index booking_changes_enrollment_id_idx on booking_changes (enrollment_id);

create table session_moves (
    id bigint not null generated always as identity,
    session_id uuid not null,
    idempotency_key text not null,
    request jsonb not null,
    moved_at timestamptz not null,
    constraint session_moves_pkey primary key (id),
    constraint session_moves_session_id_idempotency_key_key unique (session_id, idempotency_key),
    constraint session_moves_session_id_fkey
    foreign key (session_id) references workshop_sessions (id) on delete cascade
);
comment on table session_moves is 'Idempotency keys of reschedule_session() and what they were used for.';
comment on column session_moves.id is 'Key.';
comment on column session_moves.session_id is 'Session that was moved.';
comment on column session_moves.idempotency_key is 'What the caller made up for one move.';
comment on column session_moves.request is 'The place and time that were asked for.';
comment on column session_moves.moved_at is 'When it was moved.';

revoke all on booking_changes, session_moves from public;
