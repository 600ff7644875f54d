-- What training is planned with: courses, trainers and what they may teach, venues, people and their compliance.
--
-- Why:      sessions need something to refer to; an application that has these tables elsewhere copies them over with
--           their ids.
-- Locks:    none on existing objects.
-- Data:     none. Extension btree_gist, which the calendar of the next migration needs, goes to schema public unless
--           the database has it already, in whatever schema.
-- Rollback: 0001_training.rollback.sql drops the tables with everything in them; the extension stays, because others
--           may use it.
do $schema$
begin
    execute format(
        'comment on schema %I is %L',
        current_schema(),
        'Training: courses, trainers, venues, sessions planned as drafts, attendees and compliance.'
    );
end
$schema$;

-- One per database and used by every copy of the unit, so it is in no schema that goes with a copy.
create extension if not exists btree_gist with schema public;

create function cuid()
returns text
language plpgsql
volatile
security invoker
parallel safe
set search_path from current
as $function$
declare
    v_digits constant text := '0123456789abcdefghijklmnopqrstuvwxyz';
    v_random constant text := translate(gen_random_uuid()::text, '-', '');
    v_number bigint;
    v_id text := 'c';
    v_block text;
begin
    -- Milliseconds, so that ids grow with time; then both ends of a random uuid, which hold 48 random bits each.
    foreach v_number in array array[
        (extract(epoch from clock_timestamp()) * 1000)::bigint,
        ('x' || left(v_random, 12))::bit(48)::bigint,
        ('x' || right(v_random, 12))::bit(48)::bigint
    ] loop
        v_block := '';
        for v_place in 1..8 loop
            v_block := substr(v_digits, (v_number % 36)::integer + 1, 1) || v_block;
            v_number := v_number / 36;
        end loop;
        v_id := v_id || v_block;
    end loop;
    return v_id;
end
$function$;
comment on function cuid() is
'A new id in the format of a cuid: c, 8 characters of time in milliseconds, 16 random ones, all of 0-9 and a-z. No
arguments. Returns text. Raises nothing.';
revoke all on function cuid() from public;

create type trainer_type as enum ('INTERNAL', 'EXTERNAL');
comment on type trainer_type is 'INTERNAL: employed here. EXTERNAL: of another company.';
create type compliance_status as enum ('NON_COMPLIANT', 'PENDING', 'COMPLIANT');
comment on type compliance_status is
'NON_COMPLIANT: lacks the course, or it has expired. PENDING: under way. COMPLIANT: has it, until it expires.';

create table courses (
    id text not null default cuid(),
    title text not null,
    validity_months integer,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    constraint courses_pkey primary key (id),
    constraint courses_id_check check (id ~* '^c[^\s-]{8,}$'),
    constraint courses_validity_months_check check (validity_months > 0)
);
comment on table courses is 'What people are trained in.';
comment on column courses.id is 'Key, a cuid.';
comment on column courses.title is 'Name of the course.';
comment on column courses.validity_months is
'Months for which attendance makes people compliant; null: it never expires.';
comment on column courses.created_at is 'When the row was made.';
comment on column courses.updated_at is 'When the row last changed.';
comment on column courses.deleted_at is 'When it was soft-deleted; null: it was not. It cannot be planned any more.';

create table trainers (
    id text not null default cuid(),
    first_name text not null,
    last_name text not null,
    type trainer_type not null default 'INTERNAL',
    email text,
    phone_number text,
    company_name text,
    buffer_before interval not null default '0',
    buffer_after interval not null default '0',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    constraint trainers_pkey primary key (id),
    constraint trainers_buffer_before_check check (buffer_before between interval '0' and interval '24 hours'),
    constraint trainers_buffer_after_check check (buffer_after between interval '0' and interval '24 hours'),
    constraint trainers_id_check check (id ~* '^c[^\s-]{8,}$'),
    constraint trainers_company_name_check
    check (type <> 'EXTERNAL' or (company_name is not null and btrim(company_name) <> ''))
);
comment on table trainers is 'People who train others.';
comment on column trainers.id is 'Key, a cuid.';
comment on column trainers.first_name is 'Given name. Personal.';
comment on column trainers.last_name is 'Family name. Personal.';
comment on column trainers.type is 'INTERNAL or EXTERNAL.';
comment on column trainers.email is 'Address to write to; null: not given. Personal.';
comment on column trainers.phone_number is 'Phone number; null: not given. Personal.';
comment on column trainers.company_name is 'Company of an EXTERNAL trainer, who must have one.';
comment on column trainers.buffer_before is 'Time before each session that is kept free for the trainer.';
comment on column trainers.buffer_after is 'Time after each session that is kept free for the trainer.';
comment on column trainers.created_at is 'When the row was made.';
comment on column trainers.updated_at is 'When the row last changed.';
comment on column trainers.deleted_at is
'When they were soft-deleted; null: they were not. They cannot be booked any more.';

create table trainer_qualifications (
    trainer_id text not null,
    course_id text not null,
    created_at timestamptz not null default now(),
    constraint trainer_qualifications_pkey primary key (trainer_id, course_id),
    constraint trainer_qualifications_trainer_id_fkey
    foreign key (trainer_id) references trainers (id) on delete restrict,
    constraint trainer_qualifications_course_id_fkey
    foreign key (course_id) references courses (id) on delete restrict
);
comment on table trainer_qualifications is 'Which trainer may teach which course.';
comment on column trainer_qualifications.trainer_id is 'Trainer who is qualified.';
comment on column trainer_qualifications.course_id is 'What.';
comment on column trainer_qualifications.created_at is 'When the row was made.';
create index trainer_qualifications_course_id_idx on trainer_qualifications (course_id);

create table venues (
    id text not null default cuid(),
    name text not null,
    capacity integer not null default 20,
    location text,
    buffer_before interval not null default '0',
    buffer_after interval not null default '0',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    constraint venues_pkey primary key (id),
    constraint venues_buffer_before_check check (buffer_before between interval '0' and interval '24 hours'),
    constraint venues_buffer_after_check check (buffer_after between interval '0' and interval '24 hours'),
    constraint venues_id_check check (id ~* '^c[^\s-]{8,}$'),
    constraint venues_capacity_check check (capacity between 1 and 500)
);
comment on table venues is 'Rooms that sessions are held in.';
comment on column venues.id is 'Key, a cuid.';
comment on column venues.name is 'Name of the room.';
comment on column venues.capacity is 'How many people it holds; more cause a warning, not an error.';
comment on column venues.location is 'Where it is; null: not given.';
comment on column venues.buffer_before is 'Time before each session that is kept free in the room.';
comment on column venues.buffer_after is 'Time after each session that is kept free in the room.';
comment on column venues.created_at is 'When the row was made.';
comment on column venues.updated_at is 'When the row last changed.';
comment on column venues.deleted_at is 'When it was soft-deleted; null: it was not. It cannot be booked any more.';

create table personnel (
    id text not null default cuid(),
    first_name text not null,
    last_name text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    constraint personnel_pkey primary key (id),
    constraint personnel_id_check check (id ~* '^c[^\s-]{8,}$')
);
comment on table personnel is 'People who are trained.';
comment on column personnel.id is 'Key, a cuid.';
comment on column personnel.first_name is 'Given name. Personal.';
comment on column personnel.last_name is 'Family name. Personal.';
comment on column personnel.created_at is 'When the row was made.';
comment on column personnel.updated_at is 'When the row last changed.';
comment on column personnel.deleted_at is
'When they were soft-deleted, because they left; null: they were not. They cannot be invited any more.';

create table compliance_items (
    id text not null default cuid(),
    personnel_id text not null,
    course_id text not null,
    status compliance_status not null default 'NON_COMPLIANT',
    expiry_date date,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint compliance_items_pkey primary key (id),
    constraint compliance_items_personnel_id_course_id_key unique (personnel_id, course_id),
    constraint compliance_items_id_check check (id ~* '^c[^\s-]{8,}$'),
    constraint compliance_items_personnel_id_fkey
    foreign key (personnel_id) references personnel (id) on delete restrict,
    constraint compliance_items_course_id_fkey
    foreign key (course_id) references courses (id) on delete restrict
) with (autovacuum_vacuum_scale_factor = 0.02);
comment on table compliance_items is 'Which courses people need, and whether they are compliant.';
comment on column compliance_items.id is 'Key, a cuid.';
comment on column compliance_items.personnel_id is 'Person who needs the course.';
comment on column compliance_items.course_id is 'Which course.';
comment on column compliance_items.status is 'NON_COMPLIANT, PENDING or COMPLIANT.';
comment on column compliance_items.expiry_date is 'Last day on which COMPLIANT holds; null: it never expires.';
comment on column compliance_items.created_at is 'When the row was made.';
comment on column compliance_items.updated_at is 'When the row last changed.';
create index compliance_items_course_id_status_idx on compliance_items (course_id, status, expiry_date, personnel_id);
create index compliance_items_to_lapse_idx on compliance_items (expiry_date, id)
where status = 'COMPLIANT' and expiry_date is not null;

revoke all on courses, trainers, trainer_qualifications, venues, personnel, compliance_items from public;
