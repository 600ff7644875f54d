-- When trainers and venues can be booked at all, and what was decided about a session with a reason.
-- depends: 0003_training_picker
--
-- Why:      a calendar without double bookings still books a room on a holiday and a trainer who is away.
-- Locks:    share row exclusive on trainers and venues, for the foreign keys.
-- Data:     none.
-- Rollback: 0004_training_hours.rollback.sql drops the tables with everything in them.
create table availability_rules (
    id text not null default cuid(),
    trainer_id text,
    venue_id text,
    weekday integer not null,
    start_time time not null,
    end_time time not null,
    timezone text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint availability_rules_pkey primary key (id),
    constraint availability_rules_id_check check (id ~* '^c[^\s-]{8,}$'),
    constraint availability_rules_one_check check (num_nonnulls(trainer_id, venue_id) = 1),
    constraint availability_rules_weekday_check check (weekday between 1 and 7),
    constraint availability_rules_trainer_id_fkey
    foreign key (trainer_id) references trainers (id) on delete cascade,
    constraint availability_rules_venue_id_fkey
    foreign key (venue_id) references venues (id) on delete cascade
);
comment on table availability_rules is
'Working hours, one row for each span of a weekday. A trainer or venue without any row can be booked at any time.';
comment on column availability_rules.id is 'Key, a cuid.';
comment on column availability_rules.trainer_id is 'Whose hours; null: a venue''s.';
comment on column availability_rules.venue_id is 'Which venue''s hours; null: a trainer''s.';
comment on column availability_rules.weekday is 'Day on which the span begins, from 1 (Monday) to 7 (Sunday).';
comment on column availability_rules.start_time is 'Local time at which it begins.';
comment on column availability_rules.end_time is
'Local time at which it ends; at or before start_time: on the next day.';
comment on column availability_rules.timezone is 'IANA zone of the two times.';
comment on column availability_rules.created_at is 'When the row was made.';
comment on column availability_rules.updated_at is 'When the row last changed.';
create index availability_rules_trainer_id_idx on availability_rules (trainer_id);
create index availability_rules_venue_id_idx on availability_rules (venue_id);

create table absences (
    id text not null default cuid(),
    trainer_id text,
    venue_id text,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    reason text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint absences_pkey primary key (id),
    constraint absences_id_check check (id ~* '^c[^\s-]{8,}$'),
    constraint absences_one_check check (num_nonnulls(trainer_id, venue_id) <= 1),
    constraint absences_end_after_start_check check (ends_at > starts_at),
    constraint absences_trainer_id_fkey foreign key (trainer_id) references trainers (id) on delete cascade,
    constraint absences_venue_id_fkey foreign key (venue_id) references venues (id) on delete cascade
);
comment on table absences is
'When a trainer is absent or a venue is closed. A row with neither is a holiday, on which all venues are closed.';
comment on column absences.id is 'Key, a cuid.';
comment on column absences.trainer_id is 'The trainer who is absent; null: none.';
comment on column absences.venue_id is 'The venue that is closed; null: none.';
comment on column absences.starts_at is 'When it begins.';
comment on column absences.ends_at is 'When it ends (not included); infinity: until further notice.';
comment on column absences.reason is 'Why, such as the name of a holiday; null: not given. Personal.';
comment on column absences.created_at is 'When the row was made.';
comment on column absences.updated_at is 'When the row last changed.';
create index absences_trainer_id_ends_at_idx on absences (trainer_id, ends_at);
create index absences_venue_id_ends_at_idx on absences (venue_id, ends_at);
create index absences_holidays_idx on absences (ends_at) where trainer_id is null and venue_id is null;

create table session_decisions (
    id bigint not null generated always as identity,
    session_id text not null,
    kind text not null,
    reason text not null,
    details jsonb not null,
    changed_by text not null,
    actor text not null,
    changed_at timestamptz not null,
    constraint session_decisions_pkey primary key (id),
    constraint session_decisions_kind_check check (kind in ('substitute_trainer', 'override'))
);
comment on table session_decisions is 'Decisions about sessions, with their reasons, in order.';
comment on column session_decisions.id is 'Key, growing.';
comment on column session_decisions.session_id is 'Key of the session; this row stays if that one is deleted.';
comment on column session_decisions.kind is
'substitute_trainer: another trainer teaches it. override: it is booked although the trainer is away or the venue
closed.';
comment on column session_decisions.reason is 'Reason from the caller. Personal.';
comment on column session_decisions.details is
'Of a substitute {from_trainer_id, to_trainer_id}; of an override {key, trainer_id or venue_id, start_time, end_time}.';
comment on column session_decisions.changed_by is 'Database role that decided.';
comment on column session_decisions.actor is
'Who acted, as the application says (setting sessionbook.actor, else the claim sub of the token), else the login role.
Personal.';
comment on column session_decisions.changed_at is 'When, by lifecycle.now().';
create index session_decisions_session_id_idx on session_decisions (session_id);

revoke all on availability_rules, absences, session_decisions from public;
