-- The catalog after a fresh install, as text to compare and not to run. Written by `make schema-dump`; a test compares it.

schema lifecycle
    acl sessionbook_app=USAGE sessionbook_clock=USAGE sessionbook_courier=USAGE sessionbook_reader=USAGE
    comment Clock, status rules and shared trigger functions of Sessionbook; one per database.

schema sessionbook
    comment What the command sessionbook applied to this database.

schema workshop
    acl sessionbook_app=USAGE sessionbook_reader=USAGE
    comment Workshops with capacity and runs: sessions, enrollments, orders and the rules that hold them together.

table lifecycle.clocks
    schema_name text not null -- Schema of the copy; its advance_sessions(timestamptz, integer) is called.
    unit text not null -- Unit that the copy is of, such as workshop.
    enabled boolean not null default true -- False: ticks pass this schema over.
    last_ok_at timestamp with time zone -- When advance_sessions of this schema last came back without an error.
    last_error text -- SQLSTATE and message of the newest failure; null after a pass that went well.
    constraint clocks_pkey PRIMARY KEY (schema_name)
    acl sessionbook_app=SELECT sessionbook_clock=SELECT sessionbook_reader=SELECT
    comment One row per installed copy of a unit whose sessions move with time.

table lifecycle.ticks
    id bigint not null identity always -- Number of the run, growing.
    started_at timestamp with time zone not null default clock_timestamp() -- Wall-clock time at which the run began.
    finished_at timestamp with time zone -- Wall-clock time at which nothing was due any more; null: running, or cut off.
    moved jsonb not null default '{}'::jsonb -- Rows moved: schema to step to count, such as {"workshop": {"complete_sessions": 3}}.
    failed bigint not null default 0 -- Steps that failed, over all schemas.
    error text -- SQLSTATE and message of the first schema whose pass failed; null when none did.
    constraint ticks_pkey PRIMARY KEY (id)
    CREATE INDEX ticks_started_at_idx ON lifecycle.ticks USING btree (started_at)
    acl sessionbook_app=SELECT sessionbook_clock=INSERT,SELECT,UPDATE sessionbook_reader=SELECT
    comment One row per run of the clock, also of one that failed.

table sessionbook._yoyo_log
    id character varying(36) not null -- Key.
    migration_hash character varying(64) -- SHA-256 of the id, hexadecimal.
    migration_id character varying(255) -- File name without ending.
    operation character varying(10) -- apply, rollback, mark or unmark.
    username character varying(255) -- Operating system user that did it.
    hostname character varying(255) -- Machine it was done from.
    comment character varying(255) -- Note; usually null.
    created_at_utc timestamp without time zone -- When, UTC.
    constraint _yoyo_log_pkey PRIMARY KEY (id)
    comment History of migrations applied and taken back, in the format of yoyo-migrations 9.

table sessionbook._yoyo_migration
    migration_hash character varying(64) not null -- SHA-256 of the id, hexadecimal; says nothing of the content.
    migration_id character varying(255) -- File name without ending.
    applied_at_utc timestamp without time zone -- When it was applied, UTC.
    constraint _yoyo_migration_pkey PRIMARY KEY (migration_hash)
    comment Applied migrations, in the format of yoyo-migrations 9.

table sessionbook._yoyo_version
    version integer not null -- Number of the version.
    installed_at_utc timestamp without time zone -- When it was made, UTC.
    constraint _yoyo_version_pkey PRIMARY KEY (version)
    comment Version of the tables that yoyo-migrations reads.

table sessionbook.installations
    unit text not null -- Unit that the copy is of, such as workshop.
    schema_name text not null -- Schema that holds the copy.
    version text not null -- Id of the newest migration applied to it.
    applied_at timestamp with time zone not null default now() -- When the copy last went to another version.
    constraint installations_pkey PRIMARY KEY (schema_name)
    comment Every installed copy of a unit.

table sessionbook.migration_hashes
    migration_id text not null -- File name without ending, as in _yoyo_migration.
    unit text not null -- Unit that the migration belongs to.
    sha256 text not null -- SHA-256 of the file's bytes, hexadecimal.
    applied_at timestamp with time zone not null default now() -- When it was applied.
    applied_by text not null default SESSION_USER -- Database role that logged in to apply it.
    constraint migration_hashes_pkey PRIMARY KEY (migration_id)
    comment Content of each applied migration, to notice one edited afterwards.

table sessionbook.repeatables
    unit text not null -- Unit that the file belongs to.
    schema_name text not null -- Schema of the copy.
    path text not null -- File below the package's SQL folder.
    sha256 text -- SHA-256 of the text applied, hexadecimal; null: is due again.
    objects text[] not null -- What the file made, such as "function now()".
    applied_at timestamp with time zone not null default now() -- When it was last applied.
    constraint repeatables_pkey PRIMARY KEY (schema_name, path)
    comment Functions, views, triggers and grants as last applied, one row a file.

table workshop.creators
    id uuid not null default gen_random_uuid() -- Key.
    name character varying(255) not null -- Name shown to customers.
    name_ar character varying(255) -- Name in Arabic; null: not translated.
    username character varying(100) not null -- Handle in the address of the shop; unique.
    email character varying(255) not null -- Address to write to; unique. Personal.
    is_active boolean not null default true -- False: the shop is closed.
    created_at timestamp with time zone not null default now() -- When the row was made.
    updated_at timestamp with time zone not null default now() -- When the row last changed.
    constraint creators_email_key UNIQUE (email)
    constraint creators_pkey PRIMARY KEY (id)
    constraint creators_username_key UNIQUE (username)
    CREATE TRIGGER _900_touch_updated_at BEFORE UPDATE ON workshop.creators FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION lifecycle.touch_updated_at()
    acl sessionbook_app=DELETE,INSERT,SELECT,UPDATE sessionbook_reader=SELECT(created_at),SELECT(id),SELECT(is_active),SELECT(name),SELECT(name_ar),SELECT(updated_at),SELECT(username)
    comment People and studios that give workshops.

table workshop.enrollments
    id uuid not null default gen_random_uuid() -- Key.
    workshop_id uuid not null -- Workshop enrolled in.
    order_id uuid -- Order that paid for it; null: none.
    student_name character varying(255) not null -- Who sits there.
    student_email character varying(255) -- Address of the student; null: not given. Personal.
    student_phone character varying(50) -- Phone number of the student; null: not given. Personal.
    total_price numeric(10,3) not null default 0 -- What the seat cost, in the order's currency.
    status character varying(20) not null default 'pending'::character varying -- successful, pending, rejected or cancelled; the first two take a seat.
    status_ar character varying(50) -- The status in Arabic; follows status.
    enrollment_date timestamp with time zone not null default now() -- When the student enrolled.
    completion_status character varying(20) not null default 'enrolled'::character varying -- enrolled, in_progress, completed or dropped.
    notes text -- Notes.
    created_at timestamp with time zone not null default now() -- When the row was made.
    updated_at timestamp with time zone not null default now() -- When the row last changed.
    session_id uuid -- Session that the seat is in; null: not decided.
    constraint enrollments_completion_status_check CHECK (((completion_status)::text = ANY ((ARRAY['enrolled'::character varying, 'in_progress'::character varying, 'completed'::character varying, 'dropped'::character varying])::text[])))
    constraint enrollments_order_id_fkey FOREIGN KEY (order_id) REFERENCES workshop.orders(id) ON DELETE SET NULL
    constraint enrollments_pkey PRIMARY KEY (id)
    constraint enrollments_session_id_fkey FOREIGN KEY (session_id) REFERENCES workshop.workshop_sessions(id) ON DELETE SET NULL
    constraint enrollments_status_check CHECK (((status)::text = ANY ((ARRAY['successful'::character varying, 'pending'::character varying, 'rejected'::character varying, 'cancelled'::character varying])::text[])))
    constraint enrollments_workshop_id_fkey FOREIGN KEY (workshop_id) REFERENCES workshop.workshops(id) ON DELETE RESTRICT
    CREATE INDEX enrollments_order_id_idx ON workshop.enrollments USING btree (order_id)
    CREATE INDEX enrollments_session_id_idx ON workshop.enrollments USING btree (session_id)
    CREATE INDEX enrollments_workshop_id_idx ON workshop.enrollments USING btree (workshop_id)
    CREATE TRIGGER _300_translate_status BEFORE INSERT OR UPDATE OF status, status_ar ON workshop.enrollments FOR EACH ROW EXECUTE FUNCTION lifecycle.translate_status('workshop.enrollment')
    CREATE TRIGGER _900_touch_updated_at BEFORE UPDATE ON workshop.enrollments FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION lifecycle.touch_updated_at()
    acl sessionbook_app=DELETE,INSERT,SELECT,UPDATE sessionbook_reader=SELECT(completion_status),SELECT(created_at),SELECT(enrollment_date),SELECT(id),SELECT(order_id),SELECT(session_id),SELECT(status),SELECT(status_ar),SELECT(student_name),SELECT(total_price),SELECT(updated_at),SELECT(workshop_id)
    comment Who sits in a workshop; one row a seat.

table workshop.order_items
    id uuid not null default gen_random_uuid() -- Key.
    order_id uuid not null -- Order that the line is of.
    workshop_id uuid not null -- Workshop bought.
    workshop_name character varying(255) not null -- Name of the workshop when it was bought.
    workshop_name_ar character varying(255) -- Name in Arabic when it was bought.
    price numeric(10,3) not null -- Price of one seat when it was bought, in the order's currency.
    quantity integer not null default 1 -- Seats bought; 1 or more.
    subtotal numeric(10,3) not null -- Price times quantity, in the order's currency.
    created_at timestamp with time zone not null default now() -- When the row was made.
    session_id uuid -- Session bought; null: not decided.
    run_id uuid -- Run of the session bought, one of the same workshop; null: none.
    constraint order_items_order_id_fkey FOREIGN KEY (order_id) REFERENCES workshop.orders(id) ON DELETE CASCADE
    constraint order_items_pkey PRIMARY KEY (id)
    constraint order_items_quantity_check CHECK ((quantity > 0))
    constraint order_items_run_id_workshop_id_fkey FOREIGN KEY (run_id, workshop_id) REFERENCES workshop.workshop_runs(id, workshop_id) ON DELETE SET NULL (run_id)
    constraint order_items_session_id_fkey FOREIGN KEY (session_id) REFERENCES workshop.workshop_sessions(id) ON DELETE SET NULL
    constraint order_items_workshop_id_fkey FOREIGN KEY (workshop_id) REFERENCES workshop.workshops(id) ON DELETE RESTRICT
    CREATE INDEX order_items_order_id_idx ON workshop.order_items USING btree (order_id)
    CREATE INDEX order_items_run_id_workshop_id_idx ON workshop.order_items USING btree (run_id, workshop_id)
    CREATE INDEX order_items_session_id_idx ON workshop.order_items USING btree (session_id)
    CREATE INDEX order_items_workshop_id_idx ON workshop.order_items USING btree (workshop_id)
    CREATE TRIGGER _120_validate_run_id BEFORE INSERT OR UPDATE OF run_id, workshop_id ON workshop.order_items FOR EACH ROW WHEN ((new.run_id IS NOT NULL)) EXECUTE FUNCTION workshop.validate_session_run_id()
    acl sessionbook_app=DELETE,INSERT,SELECT,UPDATE sessionbook_reader=SELECT
    comment Lines of an order.

table workshop.orders
    id uuid not null default gen_random_uuid() -- Key.
    creator_id uuid not null -- Who sells.
    order_number character varying(50) not null -- Number told to the customer; unique per creator.
    customer_name character varying(255) not null -- Who buys.
    customer_phone character varying(50) not null -- Phone number of the buyer. Personal.
    customer_email character varying(255) -- Address of the buyer; null: not given. Personal.
    total_amount numeric(10,3) not null default 0 -- Sum of the items, in units of currency; 0 or more.
    currency character varying(3) not null default 'KWD'::character varying -- ISO 4217 code of the amounts.
    status character varying(20) not null default 'pending'::character varying -- pending, paid, cancelled or refunded.
    status_ar character varying(50) -- The status in Arabic; follows status.
    payment_method character varying(50) -- How it was paid.
    payment_reference character varying(255) -- The payment provider's reference.
    order_source character varying(20) not null default 'whatsapp'::character varying -- whatsapp, direct or qr: where the order came from.
    notes text -- Notes.
    is_viewed boolean not null default false -- True: the creator has seen the order.
    viewed_at timestamp with time zone -- When the creator first saw it.
    created_at timestamp with time zone not null default now() -- When the row was made.
    updated_at timestamp with time zone not null default now() -- When the row last changed.
    constraint orders_creator_id_fkey FOREIGN KEY (creator_id) REFERENCES workshop.creators(id) ON DELETE RESTRICT
    constraint orders_creator_id_order_number_key UNIQUE (creator_id, order_number)
    constraint orders_order_source_check CHECK (((order_source)::text = ANY ((ARRAY['whatsapp'::character varying, 'direct'::character varying, 'qr'::character varying])::text[])))
    constraint orders_pkey PRIMARY KEY (id)
    constraint orders_status_check CHECK (((status)::text = ANY ((ARRAY['pending'::character varying, 'paid'::character varying, 'cancelled'::character varying, 'refunded'::character varying])::text[])))
    constraint orders_total_amount_check CHECK ((total_amount >= (0)::numeric))
    CREATE TRIGGER _200_enforce_initial_status BEFORE INSERT ON workshop.orders FOR EACH ROW WHEN (((new.status)::text IS DISTINCT FROM 'pending'::text)) EXECUTE FUNCTION lifecycle.enforce_status('workshop.order')
    CREATE TRIGGER _200_enforce_status BEFORE UPDATE ON workshop.orders FOR EACH ROW WHEN (((old.status)::text IS DISTINCT FROM (new.status)::text)) EXECUTE FUNCTION lifecycle.enforce_status('workshop.order')
    CREATE TRIGGER _300_translate_status BEFORE INSERT OR UPDATE OF status, status_ar ON workshop.orders FOR EACH ROW EXECUTE FUNCTION lifecycle.translate_status('workshop.order')
    CREATE TRIGGER _500_record_status_change AFTER UPDATE ON workshop.orders FOR EACH ROW WHEN (((old.status)::text IS DISTINCT FROM (new.status)::text)) EXECUTE FUNCTION workshop.record_status_change('workshop.order')
    CREATE TRIGGER _900_touch_updated_at BEFORE UPDATE ON workshop.orders FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION lifecycle.touch_updated_at()
    acl sessionbook_app=DELETE,INSERT,SELECT,UPDATE sessionbook_reader=SELECT(created_at),SELECT(creator_id),SELECT(currency),SELECT(customer_name),SELECT(id),SELECT(is_viewed),SELECT(order_number),SELECT(order_source),SELECT(payment_method),SELECT(payment_reference),SELECT(status),SELECT(status_ar),SELECT(total_amount),SELECT(updated_at),SELECT(viewed_at)
    comment What customers bought of one creator.

table workshop.status_changes
    id bigint not null identity always -- Key, growing.
    machine text not null -- Which status, as in lifecycle.status_rules, such as workshop.session.
    subject_id uuid not null -- Key of the session, run or order that moved; outlives it.
    from_status text not null -- Status before.
    to_status text not null -- Status after.
    cause text not null -- person, seats or clock.
    changed_by text not null -- Role that made the change.
    changed_at timestamp with time zone not null -- When, by lifecycle.now().
    constraint status_changes_cause_check CHECK ((cause = ANY (ARRAY['person'::text, 'seats'::text, 'clock'::text])))
    constraint status_changes_pkey PRIMARY KEY (id)
    CREATE INDEX status_changes_changed_at_idx ON workshop.status_changes USING btree (changed_at)
    CREATE INDEX status_changes_subject_id_changed_at_idx ON workshop.status_changes USING btree (subject_id, changed_at)
    acl sessionbook_app=INSERT,SELECT sessionbook_reader=SELECT
    comment Every move of a status in this schema, in order.

table workshop.workshop_runs
    id uuid not null default gen_random_uuid() -- Key.
    workshop_id uuid not null -- Workshop that is run.
    run_name character varying(255) not null -- Name of the run.
    run_name_ar character varying(255) -- Name in Arabic; null: not translated.
    start_date date not null -- First day of its sessions; follows them.
    end_date date -- Last day of its sessions; follows them. Null: not known.
    status character varying(20) not null default 'upcoming'::character varying -- upcoming, active, full, completed or cancelled; follows the sessions.
    created_at timestamp with time zone not null default now() -- When the row was made.
    updated_at timestamp with time zone not null default now() -- When the row last changed.
    is_default boolean not null default false -- True: gathers the sessions that were given no run; at most one a workshop.
    constraint workshop_runs_dates_check CHECK ((end_date >= start_date))
    constraint workshop_runs_id_workshop_id_key UNIQUE (id, workshop_id)
    constraint workshop_runs_pkey PRIMARY KEY (id)
    constraint workshop_runs_status_check CHECK (((status)::text = ANY ((ARRAY['upcoming'::character varying, 'active'::character varying, 'full'::character varying, 'completed'::character varying, 'cancelled'::character varying])::text[])))
    constraint workshop_runs_workshop_id_fkey FOREIGN KEY (workshop_id) REFERENCES workshop.workshops(id) ON DELETE CASCADE
    CREATE UNIQUE INDEX workshop_runs_default_key ON workshop.workshop_runs USING btree (workshop_id) WHERE is_default
    CREATE INDEX workshop_runs_workshop_id_start_date_idx ON workshop.workshop_runs USING btree (workshop_id, start_date)
    CREATE TRIGGER _200_enforce_initial_status BEFORE INSERT ON workshop.workshop_runs FOR EACH ROW WHEN (((new.status)::text IS DISTINCT FROM 'upcoming'::text)) EXECUTE FUNCTION lifecycle.enforce_status('workshop.run')
    CREATE TRIGGER _200_enforce_status BEFORE UPDATE ON workshop.workshop_runs FOR EACH ROW WHEN (((old.status)::text IS DISTINCT FROM (new.status)::text)) EXECUTE FUNCTION lifecycle.enforce_status('workshop.run')
    CREATE TRIGGER _500_record_status_change AFTER UPDATE ON workshop.workshop_runs FOR EACH ROW WHEN (((old.status)::text IS DISTINCT FROM (new.status)::text)) EXECUTE FUNCTION workshop.record_status_change('workshop.run')
    CREATE TRIGGER _900_touch_updated_at BEFORE UPDATE ON workshop.workshop_runs FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION lifecycle.touch_updated_at()
    acl sessionbook_app=DELETE,INSERT,SELECT,UPDATE sessionbook_reader=SELECT
    comment Sessions of a workshop that belong together, such as "July 2025 Batch".

table workshop.workshop_sessions with fillfactor=90
    id uuid not null default gen_random_uuid() -- Key.
    workshop_id uuid not null -- Workshop that the session is of.
    session_date date not null -- First day, as people in the session's zone say it.
    start_time time without time zone not null -- Local start on the first day.
    end_time time without time zone -- Local end on the last day; at or before start_time on a single day: the next day. Null: after duration hours.
    duration numeric(4,2) -- Length in hours, used where end_time is null.
    timezone text not null default 'Asia/Kuwait'::text -- IANA time zone in which dates and times are meant.
    location character varying(500) -- Where it takes place.
    location_ar character varying(500) -- Where it takes place, in Arabic.
    max_attendees integer default 0 -- Seats; 0 or null: unlimited.
    current_attendees integer not null default 0 -- Seats taken; the truth for capacity.
    is_completed boolean not null default false -- True exactly when status is completed; setting it completes the session.
    notes text -- Notes.
    notes_ar text -- Notes in Arabic.
    end_date date -- Last day of a session over several days; null: the first day.
    day_count integer not null default 1 -- Which day of a workshop over several days this is, from 1.
    total_days integer not null default 1 -- Days that the workshop has in all.
    session_dates jsonb -- Days of a spread session, an array of dates such as ["2026-01-05", "2026-01-12"]; null: the days from first to last.
    created_at timestamp with time zone not null default now() -- When the row was made.
    updated_at timestamp with time zone not null default now() -- When the row last changed.
    status character varying(20) not null default 'upcoming'::character varying -- upcoming, active, full, completed or cancelled.
    status_ar character varying(50) -- The status in Arabic; follows status.
    session_number integer not null default 1 -- Place in its run, from 1 (day 1, day 2).
    run_id uuid -- Run that the session belongs to, one of the same workshop; null: none.
    metadata jsonb not null default '{}'::jsonb -- Whatever the application keeps with a session.
    last_date date not null -- Last local day; follows the days entered.
    starts_at timestamp with time zone not null -- Instant of the start; follows date, time and zone.
    ends_at timestamp with time zone not null -- Instant of the end; follows dates, times, duration and zone.
    over_at timestamp with time zone not null -- Midnight, in the session's zone, after the day on which it ends: then the clock completes it.
    constraint workshop_sessions_current_attendees_check CHECK ((current_attendees >= 0))
    constraint workshop_sessions_duration_check CHECK ((duration > (0)::numeric))
    constraint workshop_sessions_end_date_check CHECK ((end_date >= session_date))
    constraint workshop_sessions_max_attendees_check CHECK ((max_attendees >= 0))
    constraint workshop_sessions_pkey PRIMARY KEY (id)
    constraint workshop_sessions_run_id_workshop_id_fkey FOREIGN KEY (run_id, workshop_id) REFERENCES workshop.workshop_runs(id, workshop_id) ON DELETE SET NULL (run_id)
    constraint workshop_sessions_status_check CHECK (((status)::text = ANY ((ARRAY['upcoming'::character varying, 'active'::character varying, 'full'::character varying, 'completed'::character varying, 'cancelled'::character varying])::text[])))
    constraint workshop_sessions_workshop_id_fkey FOREIGN KEY (workshop_id) REFERENCES workshop.workshops(id) ON DELETE CASCADE
    CREATE INDEX workshop_sessions_over_at_idx ON workshop.workshop_sessions USING btree (over_at, id) WHERE ((status)::text = ANY ((ARRAY['upcoming'::character varying, 'active'::character varying, 'full'::character varying])::text[]))
    CREATE INDEX workshop_sessions_run_id_workshop_id_idx ON workshop.workshop_sessions USING btree (run_id, workshop_id)
    CREATE INDEX workshop_sessions_workshop_id_session_date_idx ON workshop.workshop_sessions USING btree (workshop_id, session_date)
    CREATE TRIGGER _010_complete_by_flag BEFORE INSERT OR UPDATE OF is_completed ON workshop.workshop_sessions FOR EACH ROW WHEN ((new.is_completed AND ((new.status)::text <> ALL ((ARRAY['completed'::character varying, 'cancelled'::character varying])::text[])))) EXECUTE FUNCTION workshop.complete_by_flag()
    CREATE TRIGGER _050_enforce_status BEFORE UPDATE OF status ON workshop.workshop_sessions FOR EACH ROW WHEN ((((old.status)::text IS DISTINCT FROM (new.status)::text) AND (NOT (((old.current_attendees IS DISTINCT FROM new.current_attendees) OR (old.max_attendees IS DISTINCT FROM new.max_attendees)) AND ((old.status)::text = ANY ((ARRAY['upcoming'::character varying, 'active'::character varying, 'full'::character varying])::text[])) AND ((new.status)::text = ANY ((ARRAY['upcoming'::character varying, 'active'::character varying, 'full'::character varying])::text[])))))) EXECUTE FUNCTION lifecycle.enforce_status('workshop.session')
    CREATE TRIGGER _060_validate_timezone BEFORE INSERT OR UPDATE OF timezone ON workshop.workshop_sessions FOR EACH ROW EXECUTE FUNCTION lifecycle.validate_timezone()
    CREATE TRIGGER _070_derive_instants BEFORE INSERT OR UPDATE OF session_date, end_date, session_dates, start_time, end_time, duration, timezone, last_date, starts_at, ends_at, over_at ON workshop.workshop_sessions FOR EACH ROW EXECUTE FUNCTION workshop.derive_session_instants()
    CREATE TRIGGER _100_derive_status BEFORE INSERT OR UPDATE OF current_attendees, max_attendees ON workshop.workshop_sessions FOR EACH ROW EXECUTE FUNCTION workshop.derive_session_status()
    CREATE TRIGGER _120_validate_run_id BEFORE INSERT OR UPDATE OF run_id, workshop_id ON workshop.workshop_sessions FOR EACH ROW WHEN ((new.run_id IS NOT NULL)) EXECUTE FUNCTION workshop.validate_session_run_id()
    CREATE TRIGGER _200_enforce_initial_status BEFORE INSERT ON workshop.workshop_sessions FOR EACH ROW WHEN (((new.status)::text IS DISTINCT FROM 'upcoming'::text)) EXECUTE FUNCTION lifecycle.enforce_status('workshop.session')
    CREATE TRIGGER _300_translate_status BEFORE UPDATE OF status, status_ar, is_completed ON workshop.workshop_sessions FOR EACH ROW EXECUTE FUNCTION lifecycle.translate_status('workshop.session')
    CREATE TRIGGER _310_mirror_completion BEFORE INSERT OR UPDATE OF status, is_completed ON workshop.workshop_sessions FOR EACH ROW WHEN ((new.is_completed IS DISTINCT FROM ((new.status)::text = 'completed'::text))) EXECUTE FUNCTION workshop.mirror_completion()
    CREATE TRIGGER _500_record_status_change AFTER UPDATE ON workshop.workshop_sessions FOR EACH ROW WHEN (((old.status)::text IS DISTINCT FROM (new.status)::text)) EXECUTE FUNCTION workshop.record_status_change('workshop.session')
    CREATE TRIGGER _600_reseat_restored AFTER UPDATE ON workshop.workshop_sessions FOR EACH ROW WHEN ((((old.status)::text = 'cancelled'::text) AND ((new.status)::text = 'upcoming'::text) AND (new.current_attendees > 0))) EXECUTE FUNCTION workshop.reseat_restored_session()
    CREATE TRIGGER _700_follow_deleted_sessions AFTER DELETE ON workshop.workshop_sessions REFERENCING OLD TABLE AS listed FOR EACH STATEMENT EXECUTE FUNCTION workshop.follow_listed_sessions()
    CREATE TRIGGER _700_follow_inserted_sessions AFTER INSERT ON workshop.workshop_sessions REFERENCING NEW TABLE AS listed FOR EACH STATEMENT EXECUTE FUNCTION workshop.follow_listed_sessions()
    CREATE CONSTRAINT TRIGGER _700_follow_move AFTER UPDATE OF run_id, session_date, end_date, session_dates ON workshop.workshop_sessions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((((old.run_id IS DISTINCT FROM new.run_id) OR (old.session_date IS DISTINCT FROM new.session_date)) OR (old.end_date IS DISTINCT FROM new.end_date)) OR (old.session_dates IS DISTINCT FROM new.session_dates))) EXECUTE FUNCTION workshop.follow_changed_session()
    CREATE CONSTRAINT TRIGGER _700_follow_status AFTER UPDATE ON workshop.workshop_sessions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((old.status)::text IS DISTINCT FROM (new.status)::text)) EXECUTE FUNCTION workshop.follow_changed_session()
    CREATE TRIGGER _900_touch_updated_at BEFORE UPDATE OF workshop_id, session_date, start_time, end_time, duration, timezone, location, location_ar, is_completed, notes, notes_ar, end_date, day_count, total_days, session_dates, status, status_ar, session_number, run_id, metadata ON workshop.workshop_sessions FOR EACH ROW WHEN (((((((((((((((((((((old.workshop_id IS DISTINCT FROM new.workshop_id) OR (old.session_date IS DISTINCT FROM new.session_date)) OR (old.start_time IS DISTINCT FROM new.start_time)) OR (old.end_time IS DISTINCT FROM new.end_time)) OR (old.duration IS DISTINCT FROM new.duration)) OR (old.timezone IS DISTINCT FROM new.timezone)) OR ((old.location)::text IS DISTINCT FROM (new.location)::text)) OR ((old.location_ar)::text IS DISTINCT FROM (new.location_ar)::text)) OR (old.is_completed IS DISTINCT FROM new.is_completed)) OR (old.notes IS DISTINCT FROM new.notes)) OR (old.notes_ar IS DISTINCT FROM new.notes_ar)) OR (old.end_date IS DISTINCT FROM new.end_date)) OR (old.day_count IS DISTINCT FROM new.day_count)) OR (old.total_days IS DISTINCT FROM new.total_days)) OR (old.session_dates IS DISTINCT FROM new.session_dates)) OR ((old.status)::text IS DISTINCT FROM (new.status)::text)) OR ((old.status_ar)::text IS DISTINCT FROM (new.status_ar)::text)) OR (old.session_number IS DISTINCT FROM new.session_number)) OR (old.run_id IS DISTINCT FROM new.run_id)) OR (old.metadata IS DISTINCT FROM new.metadata))) EXECUTE FUNCTION lifecycle.touch_updated_at()
    acl sessionbook_app=DELETE,INSERT,SELECT,UPDATE sessionbook_reader=SELECT
    comment The dates of a workshop, with their seats.

table workshop.workshops
    id uuid not null default gen_random_uuid() -- Key.
    creator_id uuid not null -- Who gives it.
    name character varying(255) not null -- Name.
    title character varying(255) not null -- Title shown to customers; left out on insert: takes the name.
    title_ar character varying(255) -- Title in Arabic; null: not translated.
    description text -- What it is about.
    description_ar text -- What it is about, in Arabic.
    price numeric(10,3) not null default 0 -- Price of one seat, in units of currency; 0 or more.
    currency character varying(3) not null default 'KWD'::character varying -- ISO 4217 code of the price.
    duration integer -- Length of the whole workshop in minutes; null: not said.
    max_students integer not null default 0 -- Seats suggested for new sessions; 0: unlimited. Sessions keep their own limit.
    status character varying(20) not null default 'draft'::character varying -- draft, published or archived.
    is_active boolean not null default false -- True: on sale; session_availability shows no other.
    is_free boolean not null default false -- True: nothing is charged whatever the price says.
    is_recurring boolean not null default false -- True: repeated by recurrence_type.
    recurrence_type character varying(20) -- weekly, monthly or yearly; null: not repeated.
    workshop_type character varying(20) not null default 'single'::character varying -- single, consecutive, spread or custom: how its days lie.
    sort_order integer not null default 0 -- Place in the shop, lowest first.
    created_at timestamp with time zone not null default now() -- When the row was made.
    updated_at timestamp with time zone not null default now() -- When the row last changed.
    constraint workshops_creator_id_fkey FOREIGN KEY (creator_id) REFERENCES workshop.creators(id) ON DELETE RESTRICT
    constraint workshops_pkey PRIMARY KEY (id)
    constraint workshops_price_check CHECK ((price >= (0)::numeric))
    constraint workshops_recurrence_type_check CHECK (((recurrence_type)::text = ANY ((ARRAY['weekly'::character varying, 'monthly'::character varying, 'yearly'::character varying])::text[])))
    constraint workshops_status_check CHECK (((status)::text = ANY ((ARRAY['draft'::character varying, 'published'::character varying, 'archived'::character varying])::text[])))
    constraint workshops_workshop_type_check CHECK (((workshop_type)::text = ANY ((ARRAY['single'::character varying, 'consecutive'::character varying, 'spread'::character varying, 'custom'::character varying])::text[])))
    CREATE INDEX workshops_creator_id_idx ON workshop.workshops USING btree (creator_id)
    CREATE TRIGGER _100_default_title BEFORE INSERT ON workshop.workshops FOR EACH ROW WHEN ((new.title IS NULL)) EXECUTE FUNCTION workshop.default_workshop_title()
    CREATE TRIGGER _900_touch_updated_at BEFORE UPDATE ON workshop.workshops FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION lifecycle.touch_updated_at()
    acl sessionbook_app=DELETE,INSERT,SELECT,UPDATE sessionbook_reader=SELECT
    comment What is taught and sold; its dates are in workshop_sessions.

view lifecycle.status_rules with security_invoker=true
    machine text -- Which status: unit and subject, such as workshop.session.
    from_status text -- Status before the move.
    to_status text -- Status after the move.
    cause text -- Who may make the move: person (a caller), seats (the seat counters), clock (the tick).
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Every allowed move of every status, one row per cause. What is not here is refused by enforce_status().

view workshop.seat_drift with security_invoker=true
    session_id uuid -- Key of the session.
    workshop_id uuid -- Workshop that the session is of.
    session_date date -- First local day.
    status character varying(20) -- Stored status of the session.
    current_attendees integer -- Seats taken by the counter, the truth for capacity.
    enrolled bigint -- Enrollments that take a seat (successful and pending).
    drift bigint -- Counter less enrollments: above 0, seats taken by nobody; below 0, people without a seat.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Sessions whose counter and enrollments disagree, for applications that write both by hand; recount_seats() mends one.

view workshop.session_availability with security_invoker=true
    session_id uuid -- Key of the session.
    workshop_id uuid -- Workshop that the session is of.
    workshop_name character varying(255) -- Name of the workshop.
    workshop_name_ar character varying(255) -- Title of the workshop in Arabic; null: not translated.
    session_date date -- First local day.
    session_dates jsonb -- Days of a spread session, an array of dates; else null.
    total_days integer -- Days that the workshop has in all.
    start_time time without time zone -- Local start on the first day.
    end_time time without time zone -- Local end on the last day; null: by duration.
    timezone text -- IANA time zone of dates and times.
    starts_at timestamp with time zone -- Instant of the start.
    ends_at timestamp with time zone -- Instant of the end.
    max_attendees integer -- Seats; 0 or null: unlimited.
    current_attendees integer -- Seats taken.
    available_seats integer -- Seats left; null: unlimited; 0 for a session that is cancelled or over.
    calculated_status character varying -- upcoming, active, full, completed (its last day has passed in its own zone) or cancelled, as of lifecycle.now().
    run_id uuid -- Run that the session belongs to; null: none.
    run_name character varying(255) -- Name of the run; null: none.
    creator_name character varying(255) -- Who gives the workshop.
    creator_username character varying(100) -- Handle of the creator.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Sessions of active workshops with the seats left and the status as of lifecycle.now(), right between two ticks too.

view workshop.workshop_run_summary with security_invoker=true
    run_id uuid -- Key of the run.
    workshop_id uuid -- Workshop that is run.
    workshop_name character varying(255) -- Name of the workshop.
    workshop_name_ar character varying(255) -- Title of the workshop in Arabic; null: not translated.
    run_name character varying(255) -- Name of the run.
    start_date date -- First local day.
    end_date date -- Last local day.
    total_sessions bigint -- Sessions, cancelled ones too.
    total_capacity bigint -- Seats in all; null: at least one session is unlimited.
    total_enrolled bigint -- Seats taken.
    full_sessions bigint -- Sessions not over with no seat left.
    status text -- upcoming, active, full, completed or cancelled, as its sessions make it; without sessions, the stored one.
    creator_id uuid -- Who gives the workshop.
    upcoming_sessions bigint -- Sessions without attendees yet.
    active_sessions bigint -- Sessions with attendees and seats left.
    completed_sessions bigint -- Sessions whose last day has passed.
    cancelled_sessions bigint -- Sessions cancelled.
    seats_left bigint -- Seats left in sessions not over; null: at least one is unlimited.
    next_session_at timestamp with time zone -- Instant at which the next session starts; null: none left.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment One row a run: its sessions, seats and status as of lifecycle.now(). Cancelled sessions count in total_sessions and cancelled_sessions only.

function lifecycle.enforce_status() returns trigger
    plpgsql volatile security invoker parallel unsafe set search_path=lifecycle, pg_temp
    acl sessionbook_app
    comment Trigger function (before insert or update, row): holds column status to lifecycle.status_rules. Argument: the machine, such as workshop.session. The cause of a move is the transaction-local setting lifecycle.cause (clock, seats), else person. On insert any known status is taken. Returns the row. Raises PT400 unknown_status, PT409 illegal_transition (detail: the moves allowed from here).

function lifecycle.fake_now() returns timestamp with time zone
    plpgsql stable security invoker parallel restricted set search_path=lifecycle, pg_temp
    acl sessionbook_app sessionbook_clock sessionbook_courier sessionbook_reader
    comment What lifecycle.now() says while the setting lifecycle.fake_now is not empty: the time in it for members of the owner of schema lifecycle, the transaction's time for anybody else. No arguments. Returns timestamptz. Raises PT400 invalid_fake_now.

function lifecycle.now() returns timestamp with time zone
    sql stable security invoker parallel restricted
    acl sessionbook_app sessionbook_clock sessionbook_courier sessionbook_reader
    comment The time that every rule of Sessionbook goes by: the transaction's, or the setting lifecycle.fake_now where the login role is a member of the owner of schema lifecycle (for anybody else the setting is passed over). No arguments. Returns timestamptz. Raises PT400 invalid_fake_now.

function lifecycle.register_clock(p_schema_name text, p_unit text) returns void
    sql volatile security invoker parallel unsafe set search_path=lifecycle, pg_temp
    comment Lets the tick move an installed copy of a unit. p_schema_name: schema of the copy; p_unit: name of the unit. Known already: nothing changes, a paused clock stays paused. Returns nothing. Raises nothing of its own.

procedure lifecycle.run_tick()
    plpgsql volatile security invoker parallel unsafe
    acl sessionbook_clock
    comment Moves everything that is due, in batches of 5000 rows a step, each committed, until nothing is due, and writes one row to lifecycle.ticks. A second runner returns at once. No arguments. Must be called outside a transaction block. Raises nothing of its own.

function lifecycle.status_in_arabic(p_machine text, p_status text) returns text
    sql immutable security invoker parallel safe
    acl sessionbook_app sessionbook_reader
    comment The Arabic word for a status. p_machine: whose status, as in lifecycle.status_rules, such as workshop.session; p_status: the status. Returns text, null for a status that is not known. Raises nothing.

function lifecycle.tick(p_now timestamp with time zone DEFAULT NULL::timestamp with time zone, p_limit integer DEFAULT 5000) returns TABLE(schema_name text, step text, moved bigint, failed bigint)
    plpgsql volatile security definer parallel unsafe set search_path=lifecycle, pg_temp
    acl sessionbook_clock
    comment One pass over all enabled clocks: everything due moves, at most p_limit rows a step. p_now: time to judge by (default lifecycle.now()); p_limit: rows a step (default 5000, at least 1). Returns schema_name, step, moved, failed, one row a step; a schema whose pass failed gives one row with failed = 1, its reason is in lifecycle.clocks.last_error. Raises PT400 limit_not_positive.

function lifecycle.touch_updated_at() returns trigger
    plpgsql volatile security invoker parallel unsafe
    acl sessionbook_app
    comment Trigger function (before update, row): sets updated_at to lifecycle.now(). No arguments; the trigger's when clause says what counts as a change. Returns the row. Raises nothing of its own.

function lifecycle.translate_status() returns trigger
    plpgsql volatile security invoker parallel unsafe
    acl sessionbook_app
    comment Trigger function (before insert or update of status or status_ar, row): status_ar is the Arabic word for status, whatever was written to it. Argument: whose status, such as workshop.session. Returns the row. Raises nothing.

function lifecycle.validate_timezone() returns trigger
    plpgsql volatile security invoker parallel unsafe
    acl sessionbook_app
    comment Trigger function (before insert or update of timezone, row): holds column timezone to the IANA names that this server knows. No arguments. Returns the row. Raises PT400 unknown_timezone.

function workshop.advance_sessions(p_now timestamp with time zone, p_limit integer) returns TABLE(step text, moved bigint, failed bigint)
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Completes sessions whose last day has passed in their own zone; their runs follow. p_now: time to judge by; p_limit: most rows moved. Returns step, moved, failed. Calling it again moves nothing. Raises nothing of its own.

function workshop.bookable_sessions(p_workshop_id uuid, p_seats integer, p_now timestamp with time zone) returns SETOF workshop.workshop_sessions
    sql stable security invoker parallel safe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Sessions of a workshop that can take p_seats more seats at p_now: with a run, upcoming or active, not started; soonest first. p_workshop_id: the workshop; p_seats: seats wanted; p_now: time to judge by. Returns rows of workshop_sessions. Raises nothing.

function workshop.clone_workshop_sessions(p_workshop_id uuid, p_new_start_date date, p_run_name character varying DEFAULT NULL::character varying, p_source_run_id uuid DEFAULT NULL::uuid) returns TABLE(new_run_id uuid, sessions_created integer)
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Repeats a workshop: copies one run so that its first day is the new date. All dates move by the same days, local times and zone stay, sessions are numbered 1..n by date and time, counters are 0; cancelled sessions are left out. p_workshop_id: the workshop; p_new_start_date: first local day of the copy; p_run_name: name (default such as Session July 2025, with an Arabic one); p_source_run_id: run to copy (default the latest that is not cancelled, else the sessions without a run). Returns new_run_id and sessions_created, one row. Raises PT400 start_date_missing, PT400 source_run_mismatch, PT404 workshop_not_found, PT404 nothing_to_clone.

function workshop.complete_by_flag() returns trigger
    plpgsql volatile security invoker parallel unsafe
    acl sessionbook_app
    comment Trigger function (before insert or update of is_completed, row, where the flag is set on a session that is not over): status becomes completed. No arguments. Returns the row. Raises nothing.

function workshop.default_workshop_title() returns trigger
    plpgsql volatile security invoker parallel unsafe
    acl sessionbook_app
    comment Trigger function (before insert, row): a workshop without a title takes its name. No arguments. Returns the row. Raises nothing.

function workshop.derive_session_instants() returns trigger
    plpgsql volatile security invoker parallel unsafe
    acl sessionbook_app
    comment Trigger function (before insert or update of dates, times, duration, zone or what follows from them, row): sets last_date, starts_at, ends_at and over_at. An end at or before the start of a single day is on the next day; without an end the session takes duration hours, without either it lasts to the end of its last day. No arguments. Returns the row. Raises PT400 invalid_session_dates.

function workshop.derive_session_status() returns trigger
    plpgsql volatile security invoker parallel unsafe
    acl sessionbook_app
    comment Trigger function (before insert or update of the counter or the capacity, row): upcoming, active and full follow current_attendees and max_attendees, whatever the statement says of them. No arguments. Returns the row. Raises PT400 seat_count_negative, PT409 session_full (more attendees than seats, by a seat taken or by a capacity lowered).

function workshop.ensure_default_workshop_run(p_workshop_id uuid) returns uuid
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Gathers the sessions of a workshop that have no run under its default run (Default Run - NAME, in Arabic too), made where missing, one a workshop. p_workshop_id: the workshop. Returns the key of the run; null when every session has one. Raises PT404 workshop_not_found.

function workshop.follow_changed_session() returns trigger
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Trigger function (after update, row, deferred, where something a run is made of changed): the run before and the run after follow their sessions. No arguments. Returns null. Raises nothing of its own.

function workshop.follow_listed_sessions() returns trigger
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Trigger function (after insert or delete, statement, with transition table listed): runs that gained or lost sessions follow them. No arguments. Returns null. Raises nothing of its own.

function workshop.follow_sessions(p_run_ids uuid[]) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Brings status, start_date and end_date of runs in line with their sessions: cancelled ones do not count, unless all are; a run without sessions stays as it is. p_run_ids: keys of workshop_runs, unknown ones are passed over. Returns nothing. Raises nothing of its own.

function workshop.get_available_sessions(p_workshop_id uuid) returns SETOF workshop.workshop_sessions
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Sessions of a workshop that can be booked now, soonest first: with a run, not started, with a seat left. Where there is none, sessions without a run are gathered under the default run and looked at again. p_workshop_id: the workshop. Returns rows of workshop_sessions, zero when nothing is bookable. Raises PT404 workshop_not_found.

function workshop.get_next_available_session(p_workshop_id uuid, p_seats integer DEFAULT 1) returns SETOF workshop.workshop_sessions
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Soonest session of a workshop that can take p_seats seats (default 1, at least 1) and has a run of its own workshop; where there is none, gathers sessions without one under the default run and looks again. p_workshop_id: the workshop. Returns zero or one row of workshop_sessions. Raises PT400 seats_not_positive, PT404 workshop_not_found.

function workshop.mirror_completion() returns trigger
    plpgsql volatile security invoker parallel unsafe
    acl sessionbook_app
    comment Trigger function (before insert or update, row): is_completed is true exactly when status is completed. No arguments. Returns the row. Raises nothing.

function workshop.record_status_change() returns trigger
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Trigger function (after update, row, where status changed): one row in status_changes with cause, role and time. Argument: the machine, such as workshop.session. Returns null. Raises nothing.

function workshop.recount_seats(p_session_id uuid) returns integer
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Sets the seat counter of a session to its enrollments (successful and pending); status follows. p_session_id: the session. Returns the new counter. Raises PT404 session_not_found; PT409 session_full where more enrollments than seats would be counted.

function workshop.reseat_restored_session() returns trigger
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Trigger function (after update, row, where a cancelled session with attendees came back): lets its status follow the counter again. No arguments. Returns null. Raises nothing of its own.

function workshop.run_status(p_live bigint, p_open bigint, p_full bigint, p_taken bigint) returns text
    sql immutable security invoker parallel safe
    acl sessionbook_app sessionbook_reader
    comment Status that its sessions make of a run. p_live: sessions not cancelled; p_open: of these, not over; p_full: of the open ones, full; p_taken: seats taken in live sessions. Returns text: cancelled (none live), completed (none open), full (all open ones), active (a seat taken), else upcoming. Raises nothing.

function workshop.validate_session_run_id() returns trigger
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Trigger function (before insert or update of run_id or workshop_id, row, where run_id is given): the run must be of the row's own workshop. No arguments. Returns the row. Raises PT409 run_workshop_mismatch.
