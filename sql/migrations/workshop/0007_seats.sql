-- Enrollments take several seats, holds run out, sessions have a booking window, and people may wait for a seat.
-- depends: 0006_failed_steps
--
-- Why:      seats of an unpaid order, or offered to the next in line, count as taken until their time is up.
-- Locks:    access exclusive on workshop_sessions, enrollments and orders for the length of the transaction: nothing is
--           rewritten, but checks and indexes read each table.
-- Data:     an enrollment from before takes one seat, and no hold of it runs out. Nothing is deleted.
-- Rollback: 0007_seats.rollback.sql drops the waiting list, holds, windows, keys and numbers; enrollments stay, also
--           those of several seats, which count as one then.
alter table workshop_sessions
add column booking_opens_at timestamptz,
add column booking_closes_at timestamptz,
add column cancel_until timestamptz,
add column waiting_count integer not null default 0,
add constraint workshop_sessions_booking_window_check check (booking_closes_at > booking_opens_at),
add constraint workshop_sessions_waiting_count_check check (waiting_count >= 0);
comment on column workshop_sessions.current_attendees is
'Seats taken, including held and offered ones. Capacity is checked against it.';
comment on column workshop_sessions.booking_opens_at is 'When booking opens; null: always open.';
comment on column workshop_sessions.booking_closes_at is 'When booking closes; null: at the start.';
comment on column workshop_sessions.cancel_until is
'Until when a student''s enrollment may be cancelled; null: until the start.';
comment on column workshop_sessions.waiting_count is
'People on the waiting list without an offer; while there are any, nobody else gets a seat.';

alter table enrollments
set (autovacuum_vacuum_scale_factor = 0.02),
add column seats integer not null default 1,
add column expires_at timestamptz,
add column idempotency_key text,
add constraint enrollments_seats_check check (seats between 1 and 10000);
comment on table enrollments is 'Enrollments of students in sessions; one row takes one seat or several.';
comment on column enrollments.total_price is 'What the seats cost, in the workshop''s currency.';
comment on column enrollments.status is 'successful, pending, rejected or cancelled; the first two take their seats.';
comment on column enrollments.seats is 'Seats taken, 1 to 10000.';
comment on column enrollments.expires_at is
'Until when pending seats are held; null: without limit. A cancelled row whose hold ran out keeps it, and a late payment
takes the seats again.';
comment on column enrollments.idempotency_key is
'What the caller made up for one booking; the same key again gives this row. Null: none. Personal.';
create unique index enrollments_workshop_id_idempotency_key_key on enrollments (workshop_id, idempotency_key);
drop index if exists enrollments_workshop_id_idx;
-- All of them are written for every seat. Who sits in a session already is looked up by address, then session, so that
-- one index finds the bookings of a person as well; holds that ran out are few in all sessions together.
create index enrollments_student_email_idx on enrollments (lower(student_email collate "C"), session_id);
create index enrollments_student_phone_idx on enrollments (student_phone, session_id);
create index enrollments_expires_at_idx on enrollments (expires_at, session_id)
where status = 'pending' and expires_at is not null;

alter table orders
add column expires_at timestamptz,
add column idempotency_key text;
comment on column orders.expires_at is 'Until when the seats are held while it is pending; null: they are not held.';
comment on column orders.idempotency_key is
'What the caller made up for one order; the same key again gives this row. Null: none. Personal.';
create unique index orders_creator_id_idempotency_key_key on orders (creator_id, idempotency_key)
where idempotency_key is not null;

create table order_counters (
    creator_id uuid not null,
    last_number bigint not null,
    constraint order_counters_pkey primary key (creator_id),
    constraint order_counters_creator_id_fkey foreign key (creator_id) references creators (id) on delete cascade
);
comment on table order_counters is 'Order numbers given to each creator''s customers, without gaps.';
comment on column order_counters.creator_id is 'Who sells.';
comment on column order_counters.last_number is 'Number of the newest order.';

create table waitlist_entries (
    id uuid not null default gen_random_uuid(),
    session_id uuid not null,
    student_name varchar(255) not null,
    student_email varchar(255),
    student_phone varchar(50),
    seats integer not null default 1,
    priority integer not null default 0,
    status varchar(20) not null default 'waiting',
    joined_at timestamptz not null default now(),
    offered_at timestamptz,
    offer_expires_at timestamptz,
    enrollment_id uuid,
    constraint waitlist_entries_pkey primary key (id),
    constraint waitlist_entries_session_id_fkey
    foreign key (session_id) references workshop_sessions (id) on delete cascade,
    constraint waitlist_entries_enrollment_id_fkey
    foreign key (enrollment_id) references enrollments (id) on delete set null,
    constraint waitlist_entries_seats_check check (seats between 1 and 10000),
    constraint waitlist_entries_status_check
    check (status in ('waiting', 'offered', 'redeemed', 'expired', 'left', 'closed')),
    constraint waitlist_entries_offer_check check (status <> 'offered' or offer_expires_at is not null)
);
comment on table waitlist_entries is 'Waiting lists: who waits for seats in a session, and how it ended.';
comment on column waitlist_entries.id is 'Key.';
comment on column waitlist_entries.session_id is 'Session waited for.';
comment on column waitlist_entries.student_name is 'Name of the student. Personal.';
comment on column waitlist_entries.student_email is
'Address of the student, unique among those who wait for a session; null: not given. Personal.';
comment on column waitlist_entries.student_phone is 'Phone number of the student; null: not given. Personal.';
comment on column waitlist_entries.seats is 'Seats wanted; 1 or more.';
comment on column waitlist_entries.priority is 'Higher ones are offered seats first.';
comment on column waitlist_entries.status is
'waiting, offered (seats are held until offer_expires_at), redeemed, expired, left (the student left the list) or closed
(the session was cancelled).';
comment on column waitlist_entries.joined_at is 'When they began to wait; the earlier goes first within a priority.';
comment on column waitlist_entries.offered_at is 'When they were offered seats; null: never.';
comment on column waitlist_entries.offer_expires_at is 'Until when the offer is valid; null: never made.';
comment on column waitlist_entries.enrollment_id is 'The enrollment made from the offer; null: none.';
create unique index waitlist_entries_active_key on waitlist_entries (session_id, lower(student_email collate "C"))
where status in ('waiting', 'offered');
create index waitlist_entries_session_id_joined_at_idx on waitlist_entries (session_id, joined_at);
create index waitlist_entries_enrollment_id_idx on waitlist_entries (enrollment_id);
create index waitlist_entries_queue_idx on waitlist_entries (session_id, priority desc, joined_at, id)
where status = 'waiting';
create index waitlist_entries_session_id_offer_expires_at_idx on waitlist_entries (session_id, offer_expires_at)
where status = 'offered';
create index waitlist_entries_offer_expires_at_idx on waitlist_entries (offer_expires_at)
where status = 'offered';

create table settings (
    id boolean not null default true,
    offer_valid_for interval not null default '4 hours',
    rules text not null default 'enforce',
    order_numbers text not null default 'creator',
    timezone text not null,
    currency varchar(3),
    keep_personal interval,
    constraint settings_pkey primary key (id),
    constraint settings_one_row_check check (id),
    constraint settings_offer_valid_for_check check (offer_valid_for > interval '0'),
    constraint settings_keep_personal_check check (keep_personal > interval '0'),
    constraint settings_rules_check check (rules in ('enforce', 'observe')),
    constraint settings_order_numbers_check check (order_numbers in ('creator', 'all')),
    constraint settings_currency_check check (currency ~ '^[A-Z]{3}$')
);
comment on table settings is 'Settings of this schema; one row, changed by its owner.';
comment on column settings.id is 'Always true.';
comment on column settings.offer_valid_for is 'How long an offer to somebody on the waiting list is valid.';
comment on column settings.timezone is 'IANA time zone of sessions that name none; at first the server''s.';
comment on column settings.currency is 'ISO 4217 code for workshops and orders that name none; null: none.';
comment on column settings.order_numbers is
'creator: order numbers are unique for each creator. all: unique in the installation.';
comment on column settings.keep_personal is
'How long after its last session an order, an enrollment or a waiting list entry keeps names and addresses; null:
forever. Housekeeping erases them.';
comment on column settings.rules is
'enforce: violations of rules are refused. observe: they are allowed and recorded in broken_rules; an adopted database
begins like this. Overbooking and double booking are always refused.';
-- A POSIX rule is not accepted as the server's time zone.
insert into settings (timezone)
select coalesce(
    (select z.name from pg_catalog.pg_timezone_names as z where z.name = current_setting('TimeZone')), 'UTC'
);

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
comment on column broken_rules.machine is 'What it is a rule of, such as workshop.order.';
comment on column broken_rules.subject_id is 'Key of the row that was written, as text; stays if that row is deleted.';
comment on column broken_rules.from_value is 'What was there before; null: nothing.';
comment on column broken_rules.to_value is 'What was written; null: nothing.';
comment on column broken_rules.changed_by is 'Database role that wrote it: that of SET ROLE, else the login role.';
comment on column broken_rules.actor is 'Who acted, as the application says; no proof. Personal.';
comment on column broken_rules.noted_at is 'When, by lifecycle.now().';
create index broken_rules_noted_at_idx on broken_rules (noted_at);

revoke all on order_counters, waitlist_entries, settings, broken_rules from public;
