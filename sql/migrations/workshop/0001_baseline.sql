-- Workshops, sessions, orders and enrollments as they were before sessions were tracked.
--
-- Why:      the tables that workshop marketplaces already have; a fresh install starts from the same point, so that
--           everything after it is one history for both.
-- Locks:    none on existing objects.
-- Data:     none.
-- Rollback: 0001_baseline.rollback.sql drops the tables with everything in them.
do $schema$
begin
    execute format(
        'comment on schema %I is %L',
        current_schema(),
        'Workshops with capacity and runs: sessions, enrollments, orders and the rules that hold them together.'
    );
end
$schema$;

create table creators (
    id uuid not null default gen_random_uuid(),
    name varchar(255) not null,
    name_ar varchar(255),
    username varchar(100) not null,
    email varchar(255) not null,
    is_active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint creators_pkey primary key (id),
    constraint creators_username_key unique (username),
    constraint creators_email_key unique (email)
);
comment on table creators is 'People and studios that give workshops.';
comment on column creators.id is 'Key.';
comment on column creators.name is 'Name shown to customers. Personal.';
comment on column creators.name_ar is 'Name in Arabic; null: not translated. Personal.';
comment on column creators.username is 'Handle in the address of the shop; unique. Personal.';
comment on column creators.email is 'Address to write to; unique. Personal.';
comment on column creators.is_active is 'False: the shop is closed.';
comment on column creators.created_at is 'When the row was made.';
comment on column creators.updated_at is 'When the row last changed.';

create table workshops (
    id uuid not null default gen_random_uuid(),
    creator_id uuid not null,
    name varchar(255) not null,
    title varchar(255) not null,
    title_ar varchar(255),
    description text,
    description_ar text,
    price numeric(10, 3) not null default 0,
    currency varchar(3),
    duration integer,
    max_students integer not null default 0,
    status varchar(20) not null default 'draft',
    is_active boolean not null default false,
    is_free boolean not null default false,
    is_recurring boolean not null default false,
    recurrence_type varchar(20),
    workshop_type varchar(20) not null default 'single',
    sort_order integer not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint workshops_pkey primary key (id),
    constraint workshops_creator_id_fkey foreign key (creator_id) references creators (id) on delete restrict,
    constraint workshops_price_check check (price >= 0),
    constraint workshops_status_check check (status in ('draft', 'published', 'archived')),
    constraint workshops_recurrence_type_check check (recurrence_type in ('weekly', 'monthly', 'yearly')),
    constraint workshops_workshop_type_check check (workshop_type in ('single', 'consecutive', 'spread', 'custom'))
);
comment on table workshops is 'Workshops for sale; their dates are in workshop_sessions.';
comment on column workshops.id is 'Key.';
comment on column workshops.creator_id is 'Who gives it.';
comment on column workshops.name is 'Name.';
comment on column workshops.title is 'Title shown to customers; left out on insert: takes the name.';
comment on column workshops.title_ar is 'Title in Arabic; null: not translated.';
comment on column workshops.description is 'What it is about.';
comment on column workshops.description_ar is 'What it is about, in Arabic.';
comment on column workshops.price is 'Price of one seat, in units of currency; 0 or more.';
comment on column workshops.currency is
'ISO 4217 code of the price; left out on insert: as settings says. Null: not given.';
comment on column workshops.duration is 'Length of the whole workshop in minutes; null: not given.';
comment on column workshops.max_students is
'Seats suggested for new sessions; 0: unlimited. Sessions keep their own limit.';
comment on column workshops.status is 'draft, published or archived.';
comment on column workshops.is_active is 'True: on sale; session_availability shows no other.';
comment on column workshops.is_free is 'True: nothing is charged, even if there is a price.';
comment on column workshops.is_recurring is 'True: repeated by recurrence_type.';
comment on column workshops.recurrence_type is 'weekly, monthly or yearly; null: not repeated.';
comment on column workshops.workshop_type is 'single, consecutive, spread or custom: how its days are spread.';
comment on column workshops.sort_order is 'Place in the shop, lowest first.';
comment on column workshops.created_at is 'When the row was made.';
comment on column workshops.updated_at is 'When the row last changed.';
create index workshops_creator_id_idx on workshops (creator_id);

create table workshop_sessions (
    id uuid not null default gen_random_uuid(),
    workshop_id uuid not null,
    session_date date not null,
    start_time time not null,
    end_time time,
    duration numeric(4, 2),
    timezone text,
    location varchar(500),
    location_ar varchar(500),
    max_attendees integer default 0,
    current_attendees integer not null default 0,
    is_completed boolean not null default false,
    notes text,
    notes_ar text,
    end_date date,
    day_count integer not null default 1,
    total_days integer not null default 1,
    session_dates jsonb,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint workshop_sessions_pkey primary key (id),
    constraint workshop_sessions_workshop_id_fkey
    foreign key (workshop_id) references workshops (id) on delete cascade
);
comment on table workshop_sessions is 'The dates of a workshop, with their seats.';
comment on column workshop_sessions.id is 'Key.';
comment on column workshop_sessions.workshop_id is 'Workshop that the session is of.';
comment on column workshop_sessions.session_date is 'First day, in the session''s time zone.';
comment on column workshop_sessions.start_time is 'Local start on the first day.';
comment on column workshop_sessions.end_time is
'Local end on the last day; at or before start_time on a single day: the next day. Null: after duration hours.';
comment on column workshop_sessions.duration is 'Length in hours, used if end_time is null.';
comment on column workshop_sessions.timezone is
'IANA time zone in which dates and times are meant; left out on insert: as settings says.';
comment on column workshop_sessions.location is 'Where it takes place.';
comment on column workshop_sessions.location_ar is 'Where it takes place, in Arabic.';
comment on column workshop_sessions.max_attendees is 'Seats; 0 or null: unlimited.';
comment on column workshop_sessions.current_attendees is 'Seats taken; the truth for capacity.';
comment on column workshop_sessions.is_completed is
'True exactly when status is completed; setting it completes the session.';
comment on column workshop_sessions.notes is 'Notes.';
comment on column workshop_sessions.notes_ar is 'Notes in Arabic.';
comment on column workshop_sessions.end_date is 'Last day of a session over several days; null: the first day.';
comment on column workshop_sessions.day_count is 'Which day of a workshop over several days this is, from 1.';
comment on column workshop_sessions.total_days is 'Days that the workshop has in all.';
comment on column workshop_sessions.session_dates is
'Days of a spread session, an array of dates such as ["2026-01-05", "2026-01-12"]; null: the days from first to last.';
comment on column workshop_sessions.created_at is 'When the row was made.';
comment on column workshop_sessions.updated_at is 'When the row last changed.';
create index workshop_sessions_workshop_id_session_date_idx on workshop_sessions (workshop_id, session_date);

-- PostgreSQL parses the text of a check again for every statement, but that of a domain once a connection. No column
-- has a domain as its type, because the columns of adopted tables do not.
create domain known_order_status as text
constraint orders_status_check check (value in ('pending', 'paid', 'cancelled', 'refunded'));
comment on domain known_order_status is 'A status that orders know.';
create domain known_order_source as text
constraint orders_order_source_check check (value in ('whatsapp', 'direct', 'qr'));
comment on domain known_order_source is 'Where orders come from.';

create table orders (
    id uuid not null default gen_random_uuid(),
    creator_id uuid not null,
    order_number varchar(50) not null,
    customer_name varchar(255) not null,
    customer_phone varchar(50) not null,
    customer_email varchar(255),
    total_amount numeric(10, 3) not null default 0,
    currency varchar(3),
    status varchar(20) not null default 'pending',
    status_ar varchar(50),
    payment_method varchar(50),
    payment_reference varchar(255),
    order_source varchar(20) not null default 'whatsapp',
    notes text,
    is_viewed boolean not null default false,
    viewed_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint orders_pkey primary key (id),
    constraint orders_creator_id_order_number_key unique (creator_id, order_number),
    constraint orders_creator_id_fkey foreign key (creator_id) references creators (id) on delete restrict,
    constraint orders_total_amount_check check (
        total_amount >= numeric '0'
        and status::known_order_status is not null
        and order_source::known_order_source is not null
    )
);
comment on table orders is 'What customers bought of one creator.';
comment on column orders.id is 'Key.';
comment on column orders.creator_id is 'Who sells.';
comment on column orders.order_number is 'Number told to the customer; unique per creator.';
comment on column orders.customer_name is 'Name of the buyer. Personal.';
comment on column orders.customer_phone is 'Phone number of the buyer. Personal.';
comment on column orders.customer_email is 'Address of the buyer; null: not given. Personal.';
comment on column orders.total_amount is 'Sum of the items, in units of currency; 0 or more.';
comment on column orders.currency is
'ISO 4217 code of the amounts; left out on insert: as settings says. Null: not given.';
comment on column orders.status is 'pending, paid, cancelled or refunded.';
comment on column orders.status_ar is 'The status in Arabic; follows status.';
comment on column orders.payment_method is 'How it was paid.';
comment on column orders.payment_reference is 'The payment provider''s reference.';
comment on column orders.order_source is 'whatsapp, direct or qr: where the order came from.';
comment on column orders.notes is 'Notes. Personal.';
comment on column orders.is_viewed is 'True: the creator has seen the order.';
comment on column orders.viewed_at is 'When the creator first saw it.';
comment on column orders.created_at is 'When the row was made.';
comment on column orders.updated_at is 'When the row last changed.';

create table order_items (
    id uuid not null default gen_random_uuid(),
    order_id uuid not null,
    workshop_id uuid not null,
    workshop_name varchar(255) not null,
    workshop_name_ar varchar(255),
    price numeric(10, 3) not null,
    quantity integer not null default 1,
    subtotal numeric(10, 3) not null,
    created_at timestamptz not null default now(),
    constraint order_items_pkey primary key (id),
    constraint order_items_order_id_fkey foreign key (order_id) references orders (id) on delete cascade,
    constraint order_items_workshop_id_fkey foreign key (workshop_id) references workshops (id) on delete restrict,
    constraint order_items_quantity_check check (quantity > 0)
);
comment on table order_items is 'Lines of an order.';
comment on column order_items.id is 'Key.';
comment on column order_items.order_id is 'Order of the line.';
comment on column order_items.workshop_id is 'Workshop bought.';
comment on column order_items.workshop_name is 'Name of the workshop when it was bought.';
comment on column order_items.workshop_name_ar is 'Name in Arabic when it was bought.';
comment on column order_items.price is 'Price of one seat when it was bought, in the order''s currency.';
comment on column order_items.quantity is 'Seats bought; 1 or more.';
comment on column order_items.subtotal is 'Price times quantity, in the order''s currency.';
comment on column order_items.created_at is 'When the row was made.';
create index order_items_order_id_idx on order_items (order_id);
create index order_items_workshop_id_idx on order_items (workshop_id);

create domain known_enrollment_status as text
constraint enrollments_status_check check (value in ('successful', 'pending', 'rejected', 'cancelled'));
comment on domain known_enrollment_status is 'A status that enrollments know.';
create domain known_completion_status as text
constraint enrollments_completion_status_check check (value in ('enrolled', 'in_progress', 'completed', 'dropped'));
comment on domain known_completion_status is 'How far a student has come.';

create table enrollments (
    id uuid not null default gen_random_uuid(),
    workshop_id uuid not null,
    order_id uuid,
    student_name varchar(255) not null,
    student_email varchar(255),
    student_phone varchar(50),
    total_price numeric(10, 3) not null default 0,
    status varchar(20) not null default 'pending',
    status_ar varchar(50),
    enrollment_date timestamptz not null default now(),
    completion_status varchar(20) not null default 'enrolled',
    notes text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint enrollments_pkey primary key (id),
    constraint enrollments_workshop_id_fkey foreign key (workshop_id) references workshops (id) on delete restrict,
    constraint enrollments_order_id_fkey foreign key (order_id) references orders (id) on delete set null,
    constraint enrollments_known_check
    check (status::known_enrollment_status is not null and completion_status::known_completion_status is not null)
);
comment on table enrollments is 'Enrollments of students in workshops; one row a seat.';
comment on column enrollments.id is 'Key.';
comment on column enrollments.workshop_id is 'Workshop enrolled in.';
comment on column enrollments.order_id is 'Order that paid for it; null: none.';
comment on column enrollments.student_name is 'Name of the student. Personal.';
comment on column enrollments.student_email is 'Address of the student; null: not given. Personal.';
comment on column enrollments.student_phone is 'Phone number of the student; null: not given. Personal.';
comment on column enrollments.total_price is 'What the seat cost, in the order''s currency.';
comment on column enrollments.status is 'successful, pending, rejected or cancelled; the first two take a seat.';
comment on column enrollments.status_ar is 'The status in Arabic; follows status.';
comment on column enrollments.enrollment_date is 'When the student enrolled.';
comment on column enrollments.completion_status is 'enrolled, in_progress, completed or dropped.';
comment on column enrollments.notes is 'Notes. Personal.';
comment on column enrollments.created_at is 'When the row was made.';
comment on column enrollments.updated_at is 'When the row last changed.';
create index enrollments_workshop_id_idx on enrollments (workshop_id);
create index enrollments_order_id_idx on enrollments (order_id) where order_id is not null;

revoke all on creators, workshops, workshop_sessions, orders, order_items, enrollments from public;
