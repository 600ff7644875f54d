-- The catalog after a fresh install, as text to compare and not to run. Written by `make schema-dump`; a test compares it.

schema lifecycle
    acl sessionbook_common=USAGE
    comment Clock, status rules and shared trigger functions of Sessionbook; one per database.
sessionbook lifecycle 0004_names roles sessionbook

schema sessionbook
    acl sessionbook_monitor=USAGE
    comment What was applied to this database, and the functions that apply it.

schema training
    acl sessionbook_app=USAGE sessionbook_monitor=USAGE sessionbook_reader=USAGE
    comment Training: courses, trainers, venues, sessions planned as drafts, attendees and compliance.
sessionbook training 0004_training_hours roles sessionbook

schema tutoring
    acl sessionbook_app=USAGE sessionbook_courier=USAGE sessionbook_monitor=USAGE sessionbook_reader=USAGE
    comment Tutoring: enrolled courses, their sessions, whiteboards, reminders and the workflow of a session.
sessionbook tutoring 0003_session_workflow roles sessionbook

schema workshop
    acl sessionbook_app=USAGE sessionbook_monitor=USAGE sessionbook_reader=USAGE
    comment Workshops with capacity and runs: sessions, enrollments, orders and the rules that hold them together.
sessionbook workshop 0018_search roles sessionbook

type training.attendance_status e
    REGISTERED, ATTENDED, NO_SHOW
    comment REGISTERED: expected. ATTENDED: was there. NO_SHOW: was not.

type training.compliance_status e
    NON_COMPLIANT, PENDING, COMPLIANT
    comment NON_COMPLIANT: lacks the course, or it has expired. PENDING: under way. COMPLIANT: has it, until it expires.

type training.session_status e
    DRAFT, SCHEDULED, COMPLETED, CANCELLED
    comment DRAFT: being planned. SCHEDULED: in the calendar. COMPLETED: happened, attendance marked. CANCELLED: aborted.

type training.trainer_type e
    INTERNAL, EXTERNAL
    comment INTERNAL: employed here. EXTERNAL: of another company.

type workshop.cancellation_notice c
    session_id uuid
    kind text
    enrollment_id uuid
    entry_id uuid
    order_id uuid
    order_number text
    order_status text
    student_name text
    student_email text
    student_phone text
    seats integer
    amount numeric
    comment A person to inform that a session was cancelled or moved, as cancel_session(), cancel_run() and reschedule_session() return it.

type workshop.known_completion_status d
    base text
    constraint enrollments_completion_status_check CHECK ((VALUE = ANY (ARRAY['enrolled'::text, 'in_progress'::text, 'completed'::text, 'dropped'::text])))
    comment How far a student has come.

type workshop.known_enrollment_status d
    base text
    constraint enrollments_status_check CHECK ((VALUE = ANY (ARRAY['successful'::text, 'pending'::text, 'rejected'::text, 'cancelled'::text])))
    comment A status that enrollments know.

type workshop.known_order_source d
    base text
    constraint orders_order_source_check CHECK ((VALUE = ANY (ARRAY['whatsapp'::text, 'direct'::text, 'qr'::text])))
    comment Where orders come from.

type workshop.known_order_status d
    base text
    constraint orders_status_check CHECK ((VALUE = ANY (ARRAY['pending'::text, 'paid'::text, 'cancelled'::text, 'refunded'::text])))
    comment A status that orders know.

type workshop.known_session_status d
    base text
    constraint workshop_sessions_status_check CHECK ((VALUE = ANY (ARRAY['upcoming'::text, 'active'::text, 'full'::text, 'completed'::text, 'cancelled'::text])))
    comment A status that sessions know.

sequence lifecycle.clock_mark

table lifecycle.clocks
    schema_name text not null -- Schema of the installation; advance() moves it.
    unit text not null -- Its unit, such as workshop.
    enabled boolean not null default true -- False: ticks skip this schema.
    last_ok_at timestamp with time zone -- Wall-clock time of the last pass that had something to do and went well.
    last_error text -- SQLSTATE and message of the newest failure; null after a pass that went well.
    constraint clocks_pkey PRIMARY KEY (schema_name)
    acl sessionbook_monitor=SELECT
    comment One row per installation of a unit whose sessions move with time.

table lifecycle.settings
    key text not null -- Name.
    kind text not null -- What the value is: interval (above zero, or forever), integer (above zero) or boolean.
    value text not null -- Value as text, such as 14 days; checked against kind when it is written.
    comment text not null -- What it is for.
    constraint settings_kind_check CHECK ((kind = ANY (ARRAY['interval'::text, 'integer'::text, 'boolean'::text])))
    constraint settings_pkey PRIMARY KEY (key)
    CREATE TRIGGER zz_100_validate_setting BEFORE INSERT OR UPDATE OF kind, value ON lifecycle.settings FOR EACH ROW EXECUTE FUNCTION lifecycle.validate_setting()
    acl sessionbook_common=SELECT
    comment Settings of the clock. An operator changes them by update of value; setting_interval(), setting_integer() and setting_boolean() read them.

table lifecycle.ticks
    id bigint not null identity always -- Number of the run, growing.
    started_at timestamp with time zone not null default clock_timestamp() -- Wall-clock time at which the run began.
    finished_at timestamp with time zone -- Wall-clock time at which nothing was due any more; null: still running, or interrupted.
    pid integer not null default pg_backend_pid() -- Server process of the run.
    moved jsonb not null default '{}'::jsonb -- Rows moved: schema to step to count, such as {"workshop": {"complete_sessions": 3}}.
    failed bigint not null default 0 -- Steps and rows that failed, over all schemas.
    error text -- SQLSTATE and message of the first schema whose pass failed, how many rows failed, or that the run was cut off.
    constraint ticks_pkey PRIMARY KEY (id)
    CREATE INDEX ticks_started_at_idx ON lifecycle.ticks USING btree (started_at)
    acl sessionbook_clock=SELECT sessionbook_common=SELECT(finished_at),SELECT(id),SELECT(started_at) sessionbook_monitor=SELECT
    comment One row per run of the clock, also of one that failed.

table sessionbook.adoptions
    schema_name text not null -- Schema of the installation.
    adopted_as text not null -- Its name when it was adopted, which undo uses.
    source text not null -- Schema that the tables came from.
    tables text[] not null -- Their names.
    undo text[] not null -- Statements that undo the adoption, in order.
    constraint adoptions_pkey PRIMARY KEY (schema_name)
    constraint adoptions_schema_name_fkey FOREIGN KEY (schema_name) REFERENCES sessionbook.installations(schema_name) ON UPDATE CASCADE ON DELETE CASCADE
    acl sessionbook_monitor=SELECT
    comment Installations whose tables came from an application.

table sessionbook.files
    schema_name text not null -- Schema of the installation.
    path text not null -- Path of the file in the package.
    sha256 text -- Hash of the file, hexadecimal; null: is to be applied again.
    constraint files_pkey PRIMARY KEY (schema_name, path)
    constraint files_schema_name_fkey FOREIGN KEY (schema_name) REFERENCES sessionbook.installations(schema_name) ON UPDATE CASCADE ON DELETE CASCADE
    acl sessionbook_monitor=SELECT
    comment Functions, views, triggers and grants of every installation as last applied.

table sessionbook.history
    id bigint not null identity always -- Key.
    schema_name text not null -- Schema of the installation, as it was called then.
    migration_id text not null -- Id of the migration.
    operation text not null -- apply, mark or rollback.
    done_at timestamp with time zone not null default clock_timestamp() -- When.
    done_by text not null default SESSION_USER -- Role that did it.
    constraint history_operation_check CHECK ((operation = ANY (ARRAY['apply'::text, 'mark'::text, 'rollback'::text])))
    constraint history_pkey PRIMARY KEY (id)
    acl sessionbook_monitor=SELECT
    comment Every migration that was applied, marked as applied or rolled back.

table sessionbook.installations
    schema_name text not null -- Schema that it is in.
    unit text not null -- What is installed there, such as workshop.
    version text -- Newest migration applied; null: none yet.
    started text -- Migration that began outside a transaction.
    before jsonb -- What the schema held when that began.
    role_prefix text not null -- Its roles are this with _app, _writer, _reader, _courier.
    constraint installations_length_check CHECK ((GREATEST(octet_length(schema_name), octet_length(role_prefix)) <= 55))
    constraint installations_pkey PRIMARY KEY (schema_name)
    acl sessionbook_monitor=SELECT
    comment Every installed unit.

table sessionbook.migrations
    schema_name text not null -- Schema of the installation.
    id text not null -- File name without ending.
    sha256 text -- Hash of the file as it was applied, hexadecimal; null: not known.
    applied_at timestamp with time zone not null default clock_timestamp() -- When.
    constraint migrations_pkey PRIMARY KEY (schema_name, id)
    constraint migrations_schema_name_fkey FOREIGN KEY (schema_name) REFERENCES sessionbook.installations(schema_name) ON UPDATE CASCADE ON DELETE CASCADE
    acl sessionbook_monitor=SELECT
    comment Applied migrations of every installation.

table sessionbook.moves
    schema_name text not null -- Schema of the installation.
    id uuid not null -- The same on both servers.
    unit text not null -- What is installed there.
    direction text not null -- out: it leaves this database; in: it comes.
    step text not null -- begun; closed to writers (out); copied, still closed (in); moved.
    place text not null -- The other server and database.
    dsn text -- How to connect to it, without a password.
    enabled boolean -- Whether its clock was on; null: it had none.
    changed_at timestamp with time zone not null default clock_timestamp() -- When it came to this step.
    constraint moves_direction_check CHECK ((direction = ANY (ARRAY['out'::text, 'in'::text])))
    constraint moves_pkey PRIMARY KEY (schema_name)
    constraint moves_step_check CHECK ((step = ANY (ARRAY['begun'::text, 'closed'::text, 'copied'::text, 'moved'::text])))
    acl sessionbook_monitor=SELECT
    comment Installations that move, or moved last, to or from another server.

table sessionbook.objects
    schema_name text not null -- Schema of the installation.
    identity text not null -- What it is, such as column sessions.status.
    definition text not null -- How it was defined.
    server_major integer not null default ((current_setting('server_version_num'::text))::integer / 10000) -- Version of PostgreSQL that worded it.
    constraint objects_pkey PRIMARY KEY (schema_name, identity)
    constraint objects_schema_name_fkey FOREIGN KEY (schema_name) REFERENCES sessionbook.installations(schema_name) ON UPDATE CASCADE ON DELETE CASCADE
    acl sessionbook_monitor=SELECT
    comment Every object as the last deploy left it, to notice a change by hand.

table sessionbook.settings
    key text not null -- roles, cron, citus: true or false; cron_database; engine: its hash; version.
    value text not null -- Its value.
    constraint settings_pkey PRIMARY KEY (key)
    acl sessionbook_monitor=SELECT
    comment Choices for this database, and the applied version.

table training.absences
    id text not null default training.cuid() -- Key, a cuid.
    trainer_id text -- The trainer who is absent; null: none.
    venue_id text -- The venue that is closed; null: none.
    starts_at timestamp with time zone not null -- When it begins.
    ends_at timestamp with time zone not null -- When it ends (not included); infinity: until further notice.
    reason text -- Why, such as the name of a holiday; null: not given. Personal.
    created_at timestamp with time zone not null default now() -- When the row was made.
    updated_at timestamp with time zone not null default now() -- When the row last changed.
    constraint absences_end_after_start_check CHECK ((ends_at > starts_at))
    constraint absences_id_check CHECK ((id ~* '^c[^\s-]{8,}$'::text))
    constraint absences_one_check CHECK ((num_nonnulls(trainer_id, venue_id) <= 1))
    constraint absences_pkey PRIMARY KEY (id)
    constraint absences_trainer_id_fkey FOREIGN KEY (trainer_id) REFERENCES training.trainers(id) ON DELETE CASCADE
    constraint absences_venue_id_fkey FOREIGN KEY (venue_id) REFERENCES training.venues(id) ON DELETE CASCADE
    CREATE INDEX absences_holidays_idx ON training.absences USING btree (ends_at) WHERE ((trainer_id IS NULL) AND (venue_id IS NULL))
    CREATE INDEX absences_trainer_id_ends_at_idx ON training.absences USING btree (trainer_id, ends_at)
    CREATE INDEX absences_venue_id_ends_at_idx ON training.absences USING btree (venue_id, ends_at)
    CREATE TRIGGER zz_900_touch_updated_at BEFORE UPDATE ON training.absences FOR EACH ROW WHEN (((((((((old.id IS DISTINCT FROM new.id) OR (old.trainer_id IS DISTINCT FROM new.trainer_id)) OR (old.venue_id IS DISTINCT FROM new.venue_id)) OR (old.starts_at IS DISTINCT FROM new.starts_at)) OR (old.ends_at IS DISTINCT FROM new.ends_at)) OR (old.reason IS DISTINCT FROM new.reason)) OR (old.created_at IS DISTINCT FROM new.created_at)) OR (old.updated_at IS DISTINCT FROM new.updated_at))) EXECUTE FUNCTION lifecycle.touch_updated_at()
    acl sessionbook_app=SELECT sessionbook_reader=SELECT(created_at),SELECT(ends_at),SELECT(id),SELECT(starts_at),SELECT(trainer_id),SELECT(updated_at),SELECT(venue_id) sessionbook_writer=DELETE,INSERT,UPDATE
    comment When a trainer is absent or a venue is closed. A row with neither is a holiday, on which all venues are closed.

table training.availability_rules
    id text not null default training.cuid() -- Key, a cuid.
    trainer_id text -- Whose hours; null: a venue's.
    venue_id text -- Which venue's hours; null: a trainer's.
    weekday integer not null -- Day on which the span begins, from 1 (Monday) to 7 (Sunday).
    start_time time without time zone not null -- Local time at which it begins.
    end_time time without time zone not null -- Local time at which it ends; at or before start_time: on the next day.
    timezone text not null -- IANA zone of the two times.
    created_at timestamp with time zone not null default now() -- When the row was made.
    updated_at timestamp with time zone not null default now() -- When the row last changed.
    constraint availability_rules_id_check CHECK ((id ~* '^c[^\s-]{8,}$'::text))
    constraint availability_rules_one_check CHECK ((num_nonnulls(trainer_id, venue_id) = 1))
    constraint availability_rules_pkey PRIMARY KEY (id)
    constraint availability_rules_trainer_id_fkey FOREIGN KEY (trainer_id) REFERENCES training.trainers(id) ON DELETE CASCADE
    constraint availability_rules_venue_id_fkey FOREIGN KEY (venue_id) REFERENCES training.venues(id) ON DELETE CASCADE
    constraint availability_rules_weekday_check CHECK (((weekday >= 1) AND (weekday <= 7)))
    CREATE INDEX availability_rules_trainer_id_idx ON training.availability_rules USING btree (trainer_id)
    CREATE INDEX availability_rules_venue_id_idx ON training.availability_rules USING btree (venue_id)
    CREATE TRIGGER zz_060_validate_timezone BEFORE INSERT OR UPDATE OF timezone ON training.availability_rules FOR EACH ROW EXECUTE FUNCTION lifecycle.validate_timezone()
    CREATE TRIGGER zz_900_touch_updated_at BEFORE UPDATE ON training.availability_rules FOR EACH ROW WHEN ((((((((((old.id IS DISTINCT FROM new.id) OR (old.trainer_id IS DISTINCT FROM new.trainer_id)) OR (old.venue_id IS DISTINCT FROM new.venue_id)) OR (old.weekday IS DISTINCT FROM new.weekday)) OR (old.start_time IS DISTINCT FROM new.start_time)) OR (old.end_time IS DISTINCT FROM new.end_time)) OR (old.timezone IS DISTINCT FROM new.timezone)) OR (old.created_at IS DISTINCT FROM new.created_at)) OR (old.updated_at IS DISTINCT FROM new.updated_at))) EXECUTE FUNCTION lifecycle.touch_updated_at()
    acl sessionbook_app=SELECT sessionbook_reader=SELECT sessionbook_writer=DELETE,INSERT,UPDATE
    comment Working hours, one row for each span of a weekday. A trainer or venue without any row can be booked at any time.

table training.broken_rules
    id bigint not null identity always -- Key, growing.
    rule text not null -- Key of the error that it would have been, such as illegal_transition.
    machine text not null -- What it is a rule of, such as training.session.
    subject_id text not null -- Key of the row that was written, as text; stays if that row is deleted.
    from_value text -- What was there before; null: nothing.
    to_value text -- What was written; null: nothing.
    changed_by text not null -- Database role that wrote it: that of SET ROLE, else the login role.
    actor text not null -- Who acted, as the application says; no proof. Personal.
    noted_at timestamp with time zone not null -- When, by lifecycle.now().
    constraint broken_rules_pkey PRIMARY KEY (id)
    CREATE INDEX broken_rules_noted_at_idx ON training.broken_rules USING btree (noted_at)
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment What rules would have refused if settings.rules were enforce, in order; rule_violations counts it.

table training.calendar_tokens
    id bigint not null identity always -- Key, growing.
    token_hash bytea not null -- SHA-256 of the token.
    scope text not null -- Whose sessions, as calendar_feed() takes it.
    subject_id text not null -- Key in that scope, as text. Personal.
    actor text not null -- Who acted, as the application says, else the login role; no proof. Personal.
    created_at timestamp with time zone not null -- When it was made, by lifecycle.now().
    revoked_at timestamp with time zone -- When it was revoked; null: it is valid.
    constraint calendar_tokens_pkey PRIMARY KEY (id)
    constraint calendar_tokens_token_hash_key UNIQUE (token_hash)
    CREATE INDEX calendar_tokens_scope_subject_id_idx ON training.calendar_tokens USING btree (scope, subject_id)
    acl sessionbook_app=SELECT(actor),SELECT(created_at),SELECT(id),SELECT(revoked_at),SELECT(scope),SELECT(subject_id)
    comment Secret addresses of calendars; only a hash of the secret is stored.

table training.compliance_items with autovacuum_vacuum_scale_factor=0.02
    id text not null default training.cuid() -- Key, a cuid.
    personnel_id text not null -- Person who needs the course.
    course_id text not null -- Which course.
    status training.compliance_status not null default 'NON_COMPLIANT'::training.compliance_status -- NON_COMPLIANT, PENDING or COMPLIANT.
    expiry_date date -- Last day on which COMPLIANT holds; null: it never expires.
    created_at timestamp with time zone not null default now() -- When the row was made.
    updated_at timestamp with time zone not null default now() -- When the row last changed.
    sort_name text not null default ''::text -- The person's sort_name, which triggers keep the same. Personal.
    constraint compliance_items_course_id_fkey FOREIGN KEY (course_id) REFERENCES training.courses(id) ON DELETE RESTRICT
    constraint compliance_items_id_check CHECK ((id ~* '^c[^\s-]{8,}$'::text))
    constraint compliance_items_personnel_id_course_id_key UNIQUE (personnel_id, course_id)
    constraint compliance_items_personnel_id_fkey FOREIGN KEY (personnel_id) REFERENCES training.personnel(id) ON DELETE RESTRICT
    constraint compliance_items_pkey PRIMARY KEY (id)
    CREATE INDEX compliance_items_course_id_sort_name_personnel_id_idx ON training.compliance_items USING btree (course_id, sort_name, personnel_id) INCLUDE (status, expiry_date)
    CREATE INDEX compliance_items_course_id_status_expiry_date_idx ON training.compliance_items USING btree (course_id, status, expiry_date, sort_name, personnel_id)
    CREATE INDEX compliance_items_to_lapse_idx ON training.compliance_items USING btree (expiry_date, id) WHERE ((status = 'COMPLIANT'::training.compliance_status) AND (expiry_date IS NOT NULL))
    CREATE INDEX compliance_items_to_train_idx ON training.compliance_items USING btree (course_id, status, sort_name, personnel_id) INCLUDE (expiry_date) WHERE (status = ANY (ARRAY['NON_COMPLIANT'::training.compliance_status, 'PENDING'::training.compliance_status]))
    CREATE TRIGGER zz_100_take_sort_name BEFORE INSERT OR UPDATE OF personnel_id, sort_name ON training.compliance_items FOR EACH ROW EXECUTE FUNCTION training.take_sort_name()
    CREATE TRIGGER zz_900_touch_updated_at BEFORE UPDATE ON training.compliance_items FOR EACH ROW WHEN (((((((((old.id IS DISTINCT FROM new.id) OR (old.personnel_id IS DISTINCT FROM new.personnel_id)) OR (old.course_id IS DISTINCT FROM new.course_id)) OR (old.status IS DISTINCT FROM new.status)) OR (old.expiry_date IS DISTINCT FROM new.expiry_date)) OR (old.sort_name IS DISTINCT FROM new.sort_name)) OR (old.created_at IS DISTINCT FROM new.created_at)) OR (old.updated_at IS DISTINCT FROM new.updated_at))) EXECUTE FUNCTION lifecycle.touch_updated_at()
    acl sessionbook_app=SELECT sessionbook_reader=SELECT sessionbook_writer=DELETE,INSERT,UPDATE
    comment Which courses people need, and whether they are compliant.

table training.courses
    id text not null default training.cuid() -- Key, a cuid.
    title text not null -- Name of the course.
    validity_months integer -- Months for which attendance makes people compliant; null: it never expires.
    created_at timestamp with time zone not null default now() -- When the row was made.
    updated_at timestamp with time zone not null default now() -- When the row last changed.
    deleted_at timestamp with time zone -- When it was soft-deleted; null: it was not. It cannot be planned any more.
    constraint courses_id_check CHECK ((id ~* '^c[^\s-]{8,}$'::text))
    constraint courses_pkey PRIMARY KEY (id)
    constraint courses_validity_months_check CHECK ((validity_months > 0))
    CREATE TRIGGER zz_900_touch_updated_at BEFORE UPDATE ON training.courses FOR EACH ROW WHEN (((((((old.id IS DISTINCT FROM new.id) OR (old.title IS DISTINCT FROM new.title)) OR (old.validity_months IS DISTINCT FROM new.validity_months)) OR (old.created_at IS DISTINCT FROM new.created_at)) OR (old.updated_at IS DISTINCT FROM new.updated_at)) OR (old.deleted_at IS DISTINCT FROM new.deleted_at))) EXECUTE FUNCTION lifecycle.touch_updated_at()
    acl sessionbook_app=SELECT sessionbook_reader=SELECT sessionbook_writer=DELETE,INSERT,UPDATE
    comment What people are trained in.

table training.event_counter
    id boolean not null default true -- Always true.
    last_position bigint not null default 0 -- Position of the newest event; 0: there was none.
    constraint event_counter_one_row_check CHECK (id)
    constraint event_counter_pkey PRIMARY KEY (id)
    comment The newest position of events; one row, locked while events get positions.

table training.events
    position bigint not null -- Key, growing without gaps; pass the last one to read_events().
    kind text not null -- What happened: a noun and what happened to it, such as session.moved or enrollment.cancelled.
    subject_id text not null -- Key of the row that it is about, as text; stays if that row is deleted.
    payload jsonb not null -- Its data: keys, numbers and times; nothing personal.
    actor text not null -- Who acted, as the application says, else the login role; no proof. Personal.
    occurred_at timestamp with time zone not null -- When, by lifecycle.now(): the start of its transaction.
    constraint events_pkey PRIMARY KEY ("position")
    CREATE INDEX events_occurred_at_idx ON training.events USING btree (occurred_at)
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment What happened, in the order in which read_events() returns it.

table training.failed_steps
    id bigint not null identity always -- Key, for retry_failed_step().
    step text not null -- Which step, as in steps(), such as lapse_compliance.
    subject_id text not null -- Key of the row that did not move.
    sqlstate text not null -- SQLSTATE of the newest failure.
    message text not null -- Message of the newest failure. Personal.
    attempts integer not null -- How often the step was tried.
    first_failed_at timestamp with time zone not null -- When it first failed, by the clock's time.
    failed_at timestamp with time zone not null -- When it last failed, by the clock's time.
    next_attempt_at timestamp with time zone -- From when on the tick tries again; null: given up.
    constraint failed_steps_pkey PRIMARY KEY (id)
    constraint failed_steps_step_subject_id_key UNIQUE (step, subject_id)
    acl sessionbook_app=SELECT sessionbook_monitor=SELECT sessionbook_reader=SELECT
    comment Steps of the clock that failed and are still due. A row goes when the step succeeds or is no longer due.

table training.pending_events
    id bigint not null identity always -- Key, growing: an effect has a larger key than its cause.
    kind text not null -- What happened, such as session.moved.
    subject_id text not null -- Key of the row that it is about, as text; stays if that row is deleted.
    payload jsonb not null -- Its data: keys, numbers and times; nothing personal.
    actor text not null -- Who acted, as the application says, else the login role; no proof. Personal.
    occurred_at timestamp with time zone not null -- When, by lifecycle.now().
    constraint pending_events_pkey PRIMARY KEY (id)
    acl sessionbook_app=SELECT
    comment Events without a position; read_events(), the tick or housekeeping move them to events.

table training.personnel
    id text not null default training.cuid() -- Key, a cuid.
    first_name text not null -- Given name. Personal.
    last_name text not null -- Family name. Personal.
    created_at timestamp with time zone not null default now() -- When the row was made.
    updated_at timestamp with time zone not null default now() -- When the row last changed.
    deleted_at timestamp with time zone -- When they were soft-deleted, because they left; null: they were not. They cannot be invited any more.
    sort_name text not null default ''::text -- Last and first name, folded by lifecycle._fold_name(), with a tab between them, for sorting and searching. A trigger
derives it. Personal.
    constraint personnel_id_check CHECK ((id ~* '^c[^\s-]{8,}$'::text))
    constraint personnel_pkey PRIMARY KEY (id)
    CREATE INDEX personnel_to_invite_idx ON training.personnel USING btree (sort_name, id) INCLUDE (first_name, last_name) WHERE (deleted_at IS NULL)
    CREATE TRIGGER zz_100_derive_sort_name BEFORE INSERT OR UPDATE OF first_name, last_name, sort_name ON training.personnel FOR EACH ROW EXECUTE FUNCTION training.derive_sort_name()
    CREATE TRIGGER zz_500_pass_on_sort_name AFTER UPDATE OF first_name, last_name ON training.personnel FOR EACH ROW WHEN ((old.sort_name IS DISTINCT FROM new.sort_name)) EXECUTE FUNCTION training.pass_on_sort_name()
    CREATE TRIGGER zz_900_touch_updated_at BEFORE UPDATE ON training.personnel FOR EACH ROW WHEN ((((((((old.id IS DISTINCT FROM new.id) OR (old.first_name IS DISTINCT FROM new.first_name)) OR (old.last_name IS DISTINCT FROM new.last_name)) OR (old.sort_name IS DISTINCT FROM new.sort_name)) OR (old.created_at IS DISTINCT FROM new.created_at)) OR (old.updated_at IS DISTINCT FROM new.updated_at)) OR (old.deleted_at IS DISTINCT FROM new.deleted_at))) EXECUTE FUNCTION lifecycle.touch_updated_at()
    acl sessionbook_app=SELECT sessionbook_reader=SELECT sessionbook_writer=DELETE,INSERT,UPDATE
    comment People who are trained.

table training.session_attendees
    session_id text not null -- Session that the person attends.
    personnel_id text not null -- Person who attends.
    status training.attendance_status not null default 'REGISTERED'::training.attendance_status -- REGISTERED, ATTENDED or NO_SHOW.
    remarks text -- What there is to say, such as that they left early; null: nothing.
Personal.
    constraint session_attendees_personnel_id_fkey FOREIGN KEY (personnel_id) REFERENCES training.personnel(id) ON DELETE RESTRICT
    constraint session_attendees_pkey PRIMARY KEY (session_id, personnel_id)
    constraint session_attendees_session_id_fkey FOREIGN KEY (session_id) REFERENCES training.sessions(id) ON DELETE CASCADE
    CREATE INDEX session_attendees_personnel_id_idx ON training.session_attendees USING btree (personnel_id)
    CREATE TRIGGER zz_610_record_listed AFTER INSERT OR DELETE ON training.session_attendees FOR EACH ROW EXECUTE FUNCTION training.record_attendee_event()
    CREATE TRIGGER zz_610_record_marked AFTER UPDATE ON training.session_attendees FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION training.record_attendee_event()
    acl sessionbook_app=SELECT sessionbook_reader=SELECT sessionbook_writer=DELETE,INSERT,UPDATE
    comment Class lists, one row a session and person.

table training.session_decisions
    id bigint not null identity always -- Key, growing.
    session_id text not null -- Key of the session; this row stays if that one is deleted.
    kind text not null -- substitute_trainer: another trainer teaches it. override: it is booked although the trainer is away or the venue
closed.
    reason text not null -- Reason from the caller. Personal.
    details jsonb not null -- Of a substitute {from_trainer_id, to_trainer_id}; of an override {key, trainer_id or venue_id, start_time, end_time}.
    changed_by text not null -- Database role that decided.
    actor text not null -- Who acted, as the application says (setting sessionbook.actor, else the claim sub of the token), else the login role.
Personal.
    changed_at timestamp with time zone not null -- When, by lifecycle.now().
    constraint session_decisions_kind_check CHECK ((kind = ANY (ARRAY['substitute_trainer'::text, 'override'::text])))
    constraint session_decisions_pkey PRIMARY KEY (id)
    CREATE INDEX session_decisions_session_id_idx ON training.session_decisions USING btree (session_id)
    acl sessionbook_app=SELECT sessionbook_reader=SELECT(actor),SELECT(changed_at),SELECT(changed_by),SELECT(details),SELECT(id),SELECT(kind),SELECT(session_id)
    comment Decisions about sessions, with their reasons, in order.

table training.session_revisions
    session_id text not null -- Session.
    sequence integer not null -- How often.
    revised_at timestamp with time zone not null -- When last, by lifecycle.now().
    constraint session_revisions_pkey PRIMARY KEY (session_id)
    constraint session_revisions_session_id_fkey FOREIGN KEY (session_id) REFERENCES training.sessions(id) ON DELETE CASCADE
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment How often sessions were moved, cancelled or restored: the SEQUENCE of calendars. No row: never.

table training.sessions
    id text not null default training.cuid() -- Key, a cuid.
    course_id text not null -- What is taught.
    trainer_id text -- Who teaches; null: nobody yet.
    venue_id text -- The venue; null: not decided yet.
    start_time timestamp with time zone -- When it starts; null: not decided yet.
    end_time timestamp with time zone -- When it ends; null: not decided yet. The next session may start at this instant, or after the buffers.
    status training.session_status not null default 'DRAFT'::training.session_status -- DRAFT, SCHEDULED, COMPLETED or CANCELLED.
    trainer_buffer_before interval not null default '00:00:00'::interval -- The trainer's buffer_before, which a trigger copies while the session is to come.
    trainer_buffer_after interval not null default '00:00:00'::interval -- The trainer's buffer_after, which a trigger copies while the session is to come.
    venue_buffer_before interval not null default '00:00:00'::interval -- The venue's buffer_before, which a trigger copies while the session is to come.
    venue_buffer_after interval not null default '00:00:00'::interval -- The venue's buffer_after, which a trigger copies while the session is to come.
    accepted_conflict boolean not null default false -- True: it conflicted with another session when the table was adopted, which is accepted until it moves.
    created_by_id text not null -- Who planned it, a key of the application's.
    created_at timestamp with time zone not null default now() -- When the row was made.
    updated_at timestamp with time zone not null default now() -- When the row last changed.
    deleted_at timestamp with time zone -- When it was soft-deleted; null: it was not. Trainer and venue are free since then.
    idempotency_key text -- What its planner's application made up for the call that made it; null: nothing.
    idempotency_request jsonb -- What idempotency_key was used for; null: no key.
    constraint sessions_complete_check CHECK (((status <> ALL (ARRAY['SCHEDULED'::training.session_status, 'COMPLETED'::training.session_status])) OR ((trainer_id IS NOT NULL) AND (venue_id IS NOT NULL) AND (start_time IS NOT NULL) AND (end_time IS NOT NULL))))
    constraint sessions_course_id_fkey FOREIGN KEY (course_id) REFERENCES training.courses(id) ON DELETE RESTRICT
    constraint sessions_end_after_start_check CHECK (((status <> ALL (ARRAY['SCHEDULED'::training.session_status, 'COMPLETED'::training.session_status])) OR (end_time > start_time)))
    constraint sessions_finite_check CHECK (((status <> ALL (ARRAY['SCHEDULED'::training.session_status, 'COMPLETED'::training.session_status])) OR (isfinite(start_time) AND isfinite(end_time))))
    constraint sessions_id_check CHECK ((id ~* '^c[^\s-]{8,}$'::text))
    constraint sessions_pkey PRIMARY KEY (id)
    constraint sessions_trainer_id_excl EXCLUDE USING gist (training.busy(start_time, end_time, trainer_buffer_before, trainer_buffer_after) WITH &&, trainer_id WITH =) WHERE (((status = ANY (ARRAY['SCHEDULED'::training.session_status, 'COMPLETED'::training.session_status])) AND (deleted_at IS NULL) AND (NOT accepted_conflict) AND (end_time > start_time))) DEFERRABLE
    constraint sessions_trainer_id_fkey FOREIGN KEY (trainer_id) REFERENCES training.trainers(id) ON DELETE SET NULL
    constraint sessions_venue_id_excl EXCLUDE USING gist (training.busy(start_time, end_time, venue_buffer_before, venue_buffer_after) WITH &&, venue_id WITH =) WHERE (((status = ANY (ARRAY['SCHEDULED'::training.session_status, 'COMPLETED'::training.session_status])) AND (deleted_at IS NULL) AND (NOT accepted_conflict) AND (end_time > start_time))) DEFERRABLE
    constraint sessions_venue_id_fkey FOREIGN KEY (venue_id) REFERENCES training.venues(id) ON DELETE SET NULL
    CREATE INDEX sessions_course_id_idx ON training.sessions USING btree (course_id)
    CREATE UNIQUE INDEX sessions_created_by_id_idempotency_key_key ON training.sessions USING btree (created_by_id, idempotency_key) WHERE (idempotency_key IS NOT NULL)
    CREATE INDEX sessions_long_idx ON training.sessions USING btree (end_time) WHERE ((end_time - start_time) > '24:00:00'::interval)
    CREATE INDEX sessions_open_idx ON training.sessions USING btree (start_time, id) WHERE ((status = ANY (ARRAY['DRAFT'::training.session_status, 'SCHEDULED'::training.session_status])) AND (deleted_at IS NULL))
    CREATE INDEX sessions_start_time_idx ON training.sessions USING btree (start_time, id)
    CREATE INDEX sessions_trainer_id_end_time_idx ON training.sessions USING btree (trainer_id, end_time)
    CREATE INDEX sessions_venue_id_end_time_idx ON training.sessions USING btree (venue_id, end_time)
    CREATE TRIGGER zz_200_enforce_status BEFORE UPDATE OF status ON training.sessions FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION training.enforce_status('training.session')
    CREATE TRIGGER zz_300_take_buffers BEFORE INSERT OR UPDATE OF trainer_id, venue_id, start_time, end_time, status, trainer_buffer_before, trainer_buffer_after, venue_buffer_before, venue_buffer_after ON training.sessions FOR EACH ROW EXECUTE FUNCTION training.take_buffers()
    CREATE TRIGGER zz_500_record_status_change AFTER UPDATE OF status ON training.sessions FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION training.record_status_change('training.session')
    CREATE TRIGGER zz_610_record_created AFTER INSERT ON training.sessions FOR EACH ROW EXECUTE FUNCTION training.record_session_event()
    CREATE TRIGGER zz_610_record_moved AFTER UPDATE ON training.sessions FOR EACH ROW WHEN ((((((old.start_time IS DISTINCT FROM new.start_time) OR (old.end_time IS DISTINCT FROM new.end_time)) OR (old.trainer_id IS DISTINCT FROM new.trainer_id)) OR (old.venue_id IS DISTINCT FROM new.venue_id)) OR (old.deleted_at IS DISTINCT FROM new.deleted_at))) EXECUTE FUNCTION training.record_session_event()
    CREATE TRIGGER zz_620_revise AFTER UPDATE ON training.sessions FOR EACH ROW WHEN (((((((old.start_time IS DISTINCT FROM new.start_time) OR (old.end_time IS DISTINCT FROM new.end_time)) OR (old.trainer_id IS DISTINCT FROM new.trainer_id)) OR (old.venue_id IS DISTINCT FROM new.venue_id)) OR (old.deleted_at IS DISTINCT FROM new.deleted_at)) OR ((old.status = 'CANCELLED'::training.session_status) <> (new.status = 'CANCELLED'::training.session_status)))) EXECUTE FUNCTION training.revise_session()
    CREATE TRIGGER zz_900_touch_updated_at BEFORE UPDATE ON training.sessions FOR EACH ROW WHEN (((((((((((((((((((old.id IS DISTINCT FROM new.id) OR (old.course_id IS DISTINCT FROM new.course_id)) OR (old.trainer_id IS DISTINCT FROM new.trainer_id)) OR (old.venue_id IS DISTINCT FROM new.venue_id)) OR (old.start_time IS DISTINCT FROM new.start_time)) OR (old.end_time IS DISTINCT FROM new.end_time)) OR (old.status IS DISTINCT FROM new.status)) OR (old.trainer_buffer_before IS DISTINCT FROM new.trainer_buffer_before)) OR (old.trainer_buffer_after IS DISTINCT FROM new.trainer_buffer_after)) OR (old.venue_buffer_before IS DISTINCT FROM new.venue_buffer_before)) OR (old.venue_buffer_after IS DISTINCT FROM new.venue_buffer_after)) OR (old.accepted_conflict IS DISTINCT FROM new.accepted_conflict)) OR (old.created_by_id IS DISTINCT FROM new.created_by_id)) OR (old.created_at IS DISTINCT FROM new.created_at)) OR (old.updated_at IS DISTINCT FROM new.updated_at)) OR (old.deleted_at IS DISTINCT FROM new.deleted_at)) OR (old.idempotency_key IS DISTINCT FROM new.idempotency_key)) OR (old.idempotency_request IS DISTINCT FROM new.idempotency_request))) EXECUTE FUNCTION lifecycle.touch_updated_at()
    acl sessionbook_app=SELECT sessionbook_reader=SELECT sessionbook_writer=DELETE,INSERT,UPDATE
    comment Training events, one row an event.

table training.settings
    id boolean not null default true -- Always true.
    rules text not null default 'enforce'::text -- enforce: violations of rules are refused. observe: they are allowed and recorded in broken_rules; an adopted database
begins like this. Overbooking and double booking are always refused.
    keep_personal interval -- How long people and trainers who are soft-deleted keep their names, and sessions the remarks on attendees; null:
forever. Housekeeping erases them.
    constraint settings_keep_personal_check CHECK ((keep_personal > '00:00:00'::interval))
    constraint settings_one_row_check CHECK (id)
    constraint settings_pkey PRIMARY KEY (id)
    constraint settings_rules_check CHECK ((rules = ANY (ARRAY['enforce'::text, 'observe'::text])))
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Settings of this schema; one row, changed by its owner.

table training.status_changes
    id bigint not null identity always -- Key, growing.
    machine text not null -- Which status, as in status_rules, such as training.session.
    subject_id text not null -- Key of the session that moved; this row stays if that one is deleted.
    from_status text not null -- Status before.
    to_status text not null -- Status after.
    cause text not null -- Who made the move; in training always person.
    changed_by text not null -- Database role that made the move.
    actor text not null -- Who acted, as the application says (setting sessionbook.actor, else the claim sub of the token), else the login role.
Personal.
    changed_at timestamp with time zone not null -- When, by lifecycle.now().
    constraint status_changes_cause_check CHECK ((cause = ANY (ARRAY['person'::text, 'seats'::text, 'clock'::text])))
    constraint status_changes_pkey PRIMARY KEY (id)
    CREATE INDEX status_changes_changed_at_idx ON training.status_changes USING btree (changed_at)
    CREATE INDEX status_changes_machine_subject_id_idx ON training.status_changes USING btree (machine, subject_id)
    CREATE TRIGGER zz_600_record_events AFTER INSERT ON training.status_changes REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION training.record_status_events()
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Every move of a status in this schema, in order.

table training.trainer_qualifications
    trainer_id text not null -- Trainer who is qualified.
    course_id text not null -- What.
    created_at timestamp with time zone not null default now() -- When the row was made.
    constraint trainer_qualifications_course_id_fkey FOREIGN KEY (course_id) REFERENCES training.courses(id) ON DELETE RESTRICT
    constraint trainer_qualifications_pkey PRIMARY KEY (trainer_id, course_id)
    constraint trainer_qualifications_trainer_id_fkey FOREIGN KEY (trainer_id) REFERENCES training.trainers(id) ON DELETE RESTRICT
    CREATE INDEX trainer_qualifications_course_id_idx ON training.trainer_qualifications USING btree (course_id)
    acl sessionbook_app=SELECT sessionbook_reader=SELECT sessionbook_writer=DELETE,INSERT,UPDATE
    comment Which trainer may teach which course.

table training.trainers
    id text not null default training.cuid() -- Key, a cuid.
    first_name text not null -- Given name. Personal.
    last_name text not null -- Family name. Personal.
    type training.trainer_type not null default 'INTERNAL'::training.trainer_type -- INTERNAL or EXTERNAL.
    email text -- Address to write to; null: not given. Personal.
    phone_number text -- Phone number; null: not given. Personal.
    company_name text -- Company of an EXTERNAL trainer, who must have one.
    buffer_before interval not null default '00:00:00'::interval -- Time before each session that is kept free for the trainer.
    buffer_after interval not null default '00:00:00'::interval -- Time after each session that is kept free for the trainer.
    created_at timestamp with time zone not null default now() -- When the row was made.
    updated_at timestamp with time zone not null default now() -- When the row last changed.
    deleted_at timestamp with time zone -- When they were soft-deleted; null: they were not. They cannot be booked any more.
    constraint trainers_buffer_after_check CHECK (((buffer_after >= '00:00:00'::interval) AND (buffer_after <= '24:00:00'::interval)))
    constraint trainers_buffer_before_check CHECK (((buffer_before >= '00:00:00'::interval) AND (buffer_before <= '24:00:00'::interval)))
    constraint trainers_company_name_check CHECK (((type <> 'EXTERNAL'::training.trainer_type) OR ((company_name IS NOT NULL) AND (btrim(company_name) <> ''::text))))
    constraint trainers_id_check CHECK ((id ~* '^c[^\s-]{8,}$'::text))
    constraint trainers_pkey PRIMARY KEY (id)
    CREATE TRIGGER zz_500_pass_on_buffers AFTER UPDATE OF buffer_before, buffer_after ON training.trainers FOR EACH ROW WHEN (((old.buffer_before IS DISTINCT FROM new.buffer_before) OR (old.buffer_after IS DISTINCT FROM new.buffer_after))) EXECUTE FUNCTION training.pass_on_buffers('trainer')
    CREATE TRIGGER zz_900_touch_updated_at BEFORE UPDATE ON training.trainers FOR EACH ROW WHEN (((((((((((((old.id IS DISTINCT FROM new.id) OR (old.first_name IS DISTINCT FROM new.first_name)) OR (old.last_name IS DISTINCT FROM new.last_name)) OR (old.type IS DISTINCT FROM new.type)) OR (old.email IS DISTINCT FROM new.email)) OR (old.phone_number IS DISTINCT FROM new.phone_number)) OR (old.company_name IS DISTINCT FROM new.company_name)) OR (old.buffer_before IS DISTINCT FROM new.buffer_before)) OR (old.buffer_after IS DISTINCT FROM new.buffer_after)) OR (old.created_at IS DISTINCT FROM new.created_at)) OR (old.updated_at IS DISTINCT FROM new.updated_at)) OR (old.deleted_at IS DISTINCT FROM new.deleted_at))) EXECUTE FUNCTION lifecycle.touch_updated_at()
    acl sessionbook_app=SELECT sessionbook_reader=SELECT(buffer_after),SELECT(buffer_before),SELECT(company_name),SELECT(created_at),SELECT(deleted_at),SELECT(first_name),SELECT(id),SELECT(last_name),SELECT(type),SELECT(updated_at) sessionbook_writer=DELETE,INSERT,UPDATE
    comment People who train others.

table training.venues
    id text not null default training.cuid() -- Key, a cuid.
    name text not null -- Name of the room.
    capacity integer not null default 20 -- How many people it holds; more cause a warning, not an error.
    location text -- Where it is; null: not given.
    buffer_before interval not null default '00:00:00'::interval -- Time before each session that is kept free in the room.
    buffer_after interval not null default '00:00:00'::interval -- Time after each session that is kept free in the room.
    created_at timestamp with time zone not null default now() -- When the row was made.
    updated_at timestamp with time zone not null default now() -- When the row last changed.
    deleted_at timestamp with time zone -- When it was soft-deleted; null: it was not. It cannot be booked any more.
    constraint venues_buffer_after_check CHECK (((buffer_after >= '00:00:00'::interval) AND (buffer_after <= '24:00:00'::interval)))
    constraint venues_buffer_before_check CHECK (((buffer_before >= '00:00:00'::interval) AND (buffer_before <= '24:00:00'::interval)))
    constraint venues_capacity_check CHECK (((capacity >= 1) AND (capacity <= 500)))
    constraint venues_id_check CHECK ((id ~* '^c[^\s-]{8,}$'::text))
    constraint venues_pkey PRIMARY KEY (id)
    CREATE TRIGGER zz_500_pass_on_buffers AFTER UPDATE OF buffer_before, buffer_after ON training.venues FOR EACH ROW WHEN (((old.buffer_before IS DISTINCT FROM new.buffer_before) OR (old.buffer_after IS DISTINCT FROM new.buffer_after))) EXECUTE FUNCTION training.pass_on_buffers('venue')
    CREATE TRIGGER zz_900_touch_updated_at BEFORE UPDATE ON training.venues FOR EACH ROW WHEN ((((((((((old.id IS DISTINCT FROM new.id) OR (old.name IS DISTINCT FROM new.name)) OR (old.capacity IS DISTINCT FROM new.capacity)) OR (old.location IS DISTINCT FROM new.location)) OR (old.buffer_before IS DISTINCT FROM new.buffer_before)) OR (old.buffer_after IS DISTINCT FROM new.buffer_after)) OR (old.created_at IS DISTINCT FROM new.created_at)) OR (old.updated_at IS DISTINCT FROM new.updated_at)) OR (old.deleted_at IS DISTINCT FROM new.deleted_at))) EXECUTE FUNCTION lifecycle.touch_updated_at()
    acl sessionbook_app=SELECT sessionbook_reader=SELECT sessionbook_writer=DELETE,INSERT,UPDATE
    comment Rooms that sessions are held in.

table tutoring.broken_rules
    id bigint not null identity always -- Key, growing.
    rule text not null -- Key of the error that it would have been, such as illegal_transition.
    machine text not null -- What it is a rule of, such as tutoring.session.
    subject_id text not null -- Key of the row that was written, as text; stays if that row is deleted.
    from_value text -- What was there before; null: nothing.
    to_value text -- What was written; null: nothing.
    changed_by text not null -- Database role that wrote it: that of SET ROLE, else the login role.
    actor text not null -- Who acted, as the application says; no proof. Personal.
    noted_at timestamp with time zone not null -- When, by lifecycle.now().
    constraint broken_rules_pkey PRIMARY KEY (id)
    CREATE INDEX broken_rules_noted_at_idx ON tutoring.broken_rules USING btree (noted_at)
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment What rules would have refused if settings.rules were enforce, in order; rule_violations counts it.

table tutoring.calendar_tokens
    id bigint not null identity always -- Key, growing.
    token_hash bytea not null -- SHA-256 of the token.
    scope text not null -- Whose sessions, as calendar_feed() takes it.
    subject_id text not null -- Key in that scope, as text. Personal.
    actor text not null -- Who acted, as the application says, else the login role; no proof. Personal.
    created_at timestamp with time zone not null -- When it was made, by lifecycle.now().
    revoked_at timestamp with time zone -- When it was revoked; null: it is valid.
    constraint calendar_tokens_pkey PRIMARY KEY (id)
    constraint calendar_tokens_token_hash_key UNIQUE (token_hash)
    CREATE INDEX calendar_tokens_scope_subject_id_idx ON tutoring.calendar_tokens USING btree (scope, subject_id)
    acl sessionbook_app=SELECT(actor),SELECT(created_at),SELECT(id),SELECT(revoked_at),SELECT(scope),SELECT(subject_id)
    comment Secret addresses of calendars; only a hash of the secret is stored.

table tutoring.enrolled_courses
    id integer not null identity by default -- Key.
    student_id integer not null -- Who learns.
    tutor_id integer -- Who teaches; null: nobody yet.
    course_name character varying(255) not null -- Name of the course.
    timezone text -- IANA time zone in which new sessions of the course are meant; null: the student's.
    created_at timestamp with time zone not null default now() -- When the row was made.
    updated_at timestamp with time zone not null default now() -- When the row last changed.
    constraint enrolled_courses_pkey PRIMARY KEY (id)
    constraint enrolled_courses_student_id_fkey FOREIGN KEY (student_id) REFERENCES tutoring.enrolled_students(id) ON DELETE CASCADE
    constraint enrolled_courses_tutor_id_fkey FOREIGN KEY (tutor_id) REFERENCES tutoring.tutors(id) ON DELETE SET NULL
    CREATE INDEX enrolled_courses_student_id_idx ON tutoring.enrolled_courses USING btree (student_id)
    CREATE INDEX enrolled_courses_tutor_id_idx ON tutoring.enrolled_courses USING btree (tutor_id)
    CREATE TRIGGER zz_060_validate_timezone BEFORE INSERT OR UPDATE OF timezone ON tutoring.enrolled_courses FOR EACH ROW WHEN ((new.timezone IS NOT NULL)) EXECUTE FUNCTION lifecycle.validate_timezone()
    CREATE TRIGGER zz_900_touch_updated_at BEFORE UPDATE ON tutoring.enrolled_courses FOR EACH ROW WHEN (((((old.student_id IS DISTINCT FROM new.student_id) OR (old.tutor_id IS DISTINCT FROM new.tutor_id)) OR ((old.course_name)::text IS DISTINCT FROM (new.course_name)::text)) OR (old.timezone IS DISTINCT FROM new.timezone))) EXECUTE FUNCTION lifecycle.touch_updated_at()
    acl sessionbook_app=SELECT sessionbook_reader=SELECT sessionbook_writer=DELETE,INSERT,UPDATE
    comment Courses that students have enrolled in, one row a student and course.

table tutoring.enrolled_students
    id integer not null identity by default -- Key.
    full_name character varying(255) not null -- Name. Personal.
    phone character varying(50) -- Number that reminders go to, in international form; null: the student gets none. Personal.
    email character varying(255) -- Address to write to; null: not given. Personal.
    timezone text not null default 'UTC'::text -- IANA time zone that the student lives in.
    created_at timestamp with time zone not null default now() -- When the row was made.
    updated_at timestamp with time zone not null default now() -- When the row last changed.
    constraint enrolled_students_pkey PRIMARY KEY (id)
    CREATE TRIGGER zz_060_validate_timezone BEFORE INSERT OR UPDATE OF timezone ON tutoring.enrolled_students FOR EACH ROW EXECUTE FUNCTION lifecycle.validate_timezone()
    CREATE TRIGGER zz_900_touch_updated_at BEFORE UPDATE ON tutoring.enrolled_students FOR EACH ROW WHEN ((((((old.full_name)::text IS DISTINCT FROM (new.full_name)::text) OR ((old.phone)::text IS DISTINCT FROM (new.phone)::text)) OR ((old.email)::text IS DISTINCT FROM (new.email)::text)) OR (old.timezone IS DISTINCT FROM new.timezone))) EXECUTE FUNCTION lifecycle.touch_updated_at()
    acl sessionbook_app=SELECT sessionbook_reader=SELECT(created_at),SELECT(full_name),SELECT(id),SELECT(timezone),SELECT(updated_at) sessionbook_writer=DELETE,INSERT,UPDATE
    comment People who learn.

table tutoring.event_counter
    id boolean not null default true -- Always true.
    last_position bigint not null default 0 -- Position of the newest event; 0: there was none.
    constraint event_counter_one_row_check CHECK (id)
    constraint event_counter_pkey PRIMARY KEY (id)
    comment The newest position of events; one row, locked while events get positions.

table tutoring.events
    position bigint not null -- Key, growing without gaps; pass the last one to read_events().
    kind text not null -- What happened: a noun and what happened to it, such as session.moved or enrollment.cancelled.
    subject_id text not null -- Key of the row that it is about, as text; stays if that row is deleted.
    payload jsonb not null -- Its data: keys, numbers and times; nothing personal.
    actor text not null -- Who acted, as the application says, else the login role; no proof. Personal.
    occurred_at timestamp with time zone not null -- When, by lifecycle.now(): the start of its transaction.
    constraint events_pkey PRIMARY KEY ("position")
    CREATE INDEX events_occurred_at_idx ON tutoring.events USING btree (occurred_at)
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment What happened, in the order in which read_events() returns it.

table tutoring.failed_steps
    id bigint not null identity always -- Key, growing.
    step text not null -- Step that failed, one of steps().
    subject_id text not null -- Key of the row that did not move, as text; this row stays if that one is deleted.
    sqlstate text not null -- SQLSTATE of the newest failure.
    message text not null -- Message of the newest failure. Personal.
    attempts integer not null -- How often it was tried.
    first_failed_at timestamp with time zone not null -- When it failed first, by lifecycle.now().
    failed_at timestamp with time zone not null -- When it failed last, by lifecycle.now().
    next_attempt_at timestamp with time zone -- When it is tried again; null: given up.
    constraint failed_steps_pkey PRIMARY KEY (id)
    constraint failed_steps_step_subject_id_key UNIQUE (step, subject_id)
    acl sessionbook_app=SELECT sessionbook_monitor=SELECT sessionbook_reader=SELECT
    comment Rows that a step of the clock could not move: what went wrong, and when it is tried again. A row that moved, or is no longer due, is deleted.

table tutoring.idempotency_keys
    enrolled_courses_id integer not null -- Course that the call was about.
    idempotency_key text not null -- The caller's key of the call; unique for the course. Personal.
    request bytea not null -- SHA-256 of the call with its arguments.
    session_ids integer[] not null -- Keys of the sessions that it made or changed, in its order.
    created_at timestamp with time zone not null -- When the call was made, by lifecycle.now().
    constraint idempotency_keys_enrolled_courses_id_fkey FOREIGN KEY (enrolled_courses_id) REFERENCES tutoring.enrolled_courses(id) ON DELETE CASCADE
    constraint idempotency_keys_pkey PRIMARY KEY (enrolled_courses_id, idempotency_key)
    CREATE INDEX idempotency_keys_created_at_idx ON tutoring.idempotency_keys USING btree (created_at)
    acl sessionbook_app=SELECT
    comment Calls that were made with an idempotency key, so that a repeated call does nothing.

table tutoring.pending_events
    id bigint not null identity always -- Key, growing: an effect has a larger key than its cause.
    kind text not null -- What happened, such as session.moved.
    subject_id text not null -- Key of the row that it is about, as text; stays if that row is deleted.
    payload jsonb not null -- Its data: keys, numbers and times; nothing personal.
    actor text not null -- Who acted, as the application says, else the login role; no proof. Personal.
    occurred_at timestamp with time zone not null -- When, by lifecycle.now().
    constraint pending_events_pkey PRIMARY KEY (id)
    acl sessionbook_app=SELECT
    comment Events without a position; read_events(), the tick or housekeeping move them to events.

table tutoring.reminders with autovacuum_vacuum_scale_factor=0.02
    id bigint not null identity always -- Key, growing.
    session_id integer not null -- Session that the message is about.
    student_id integer -- Student that it is for, as of the last claim; null: the session had no course. The row stays if the student is
deleted.
    kind text not null -- starts_soon (settings.reminder_lead before the start), alarm (alarm_before_minutes before it), changed (an earlier
message is no longer true) or cancelled (the session does not take place, or not with this student).
    is_reminder boolean not null default true -- True: it reminds of the session, so no other reminder is needed. False: an alarm, a cancellation, or a change that is
sent earlier than settings.reminder_lead before the start.
    channel text not null default 'whatsapp'::text -- How it is sent, such as whatsapp.
    recipient text -- Phone number, as of the last claim; null: never to be sent. Personal.
    message jsonb -- What to say, as of the last claim: student, tutor, course, session_date, start_time, end_time, timezone, starts_at,
session_mode, location; null: never to be sent. Personal.
    due_at timestamp with time zone not null -- When it is due to be sent.
    for_starts_at timestamp with time zone not null -- Start of the session that it is about; if the session moves, it gets another reminder.
    state text not null -- queued, claimed (a courier has it), sent, failed (given up), skipped (its condition did not hold when it was due),
missed (the start came first), prevented (the session was moved, cancelled or deleted in the meantime).
    reason text -- Why it was skipped, missed or prevented, such as no_phone_number.
    attempts integer not null default 0 -- How often it was claimed; given up after 5.
    next_attempt_at timestamp with time zone -- From when on a queued one may be claimed, by lifecycle.now().
    worker text -- Courier that claimed it last.
    lease_until timestamp with time zone -- Until when that claim holds, by the server's own clock.
    last_error text -- What the courier said of its last failure. Personal.
    queued_at timestamp with time zone not null -- When the row was made, by lifecycle.now().
    settled_at timestamp with time zone -- When it was sent, given up, skipped, missed or prevented, by lifecycle.now(); null: not yet.
    constraint reminders_claimed_check CHECK (((state <> 'claimed'::text) OR ((worker IS NOT NULL) AND (lease_until IS NOT NULL))))
    constraint reminders_kind_check CHECK ((kind = ANY (ARRAY['starts_soon'::text, 'alarm'::text, 'changed'::text, 'cancelled'::text])))
    constraint reminders_pkey PRIMARY KEY (id)
    constraint reminders_queued_check CHECK (((state <> 'queued'::text) OR (next_attempt_at IS NOT NULL)))
    constraint reminders_session_id_fkey FOREIGN KEY (session_id) REFERENCES tutoring.sessions(id) ON DELETE CASCADE
    constraint reminders_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'claimed'::text, 'sent'::text, 'failed'::text, 'skipped'::text, 'missed'::text, 'prevented'::text])))
    CREATE INDEX reminders_claimed_idx ON tutoring.reminders USING btree (lease_until, id) WHERE (state = 'claimed'::text)
    CREATE INDEX reminders_for_starts_at_session_id_idx ON tutoring.reminders USING btree (for_starts_at, session_id) WHERE is_reminder
    CREATE INDEX reminders_queued_idx ON tutoring.reminders USING btree (next_attempt_at, id) WHERE (state = 'queued'::text)
    CREATE INDEX reminders_rejected_idx ON tutoring.reminders USING btree (for_starts_at) WHERE (state = ANY (ARRAY['skipped'::text, 'prevented'::text]))
    CREATE INDEX reminders_sent_idx ON tutoring.reminders USING btree (for_starts_at) WHERE (state = 'sent'::text)
    CREATE INDEX reminders_session_id_for_starts_at_idx ON tutoring.reminders USING btree (session_id, for_starts_at)
    CREATE INDEX reminders_settled_at_idx ON tutoring.reminders USING btree (settled_at) WHERE (settled_at IS NOT NULL)
    CREATE INDEX reminders_unsent_idx ON tutoring.reminders USING btree (for_starts_at) WHERE (state = ANY (ARRAY['queued'::text, 'claimed'::text]))
    CREATE UNIQUE INDEX reminders_unsettled_key ON tutoring.reminders USING btree (session_id, kind, student_id, for_starts_at) WHERE (state = ANY (ARRAY['queued'::text, 'claimed'::text]))
    acl sessionbook_app=SELECT sessionbook_reader=SELECT(attempts),SELECT(channel),SELECT(due_at),SELECT(for_starts_at),SELECT(id),SELECT(is_reminder),SELECT(kind),SELECT(last_error),SELECT(lease_until),SELECT(next_attempt_at),SELECT(queued_at),SELECT(reason),SELECT(session_id),SELECT(settled_at),SELECT(state),SELECT(student_id),SELECT(worker)
    comment Outbox: messages to students. The clock queues them, couriers claim and send them.

table tutoring.reschedules
    id bigint not null identity always -- Key, growing.
    session_id integer not null -- Session that moved; this row stays if that one is deleted.
    from_starts_at timestamp with time zone not null -- Start before.
    from_ends_at timestamp with time zone not null -- End before.
    to_starts_at timestamp with time zone not null -- Start after.
    to_ends_at timestamp with time zone not null -- End after.
    changed_by text not null -- Database role that made the change: that of SET ROLE, else the login role.
    actor text not null -- Who acted, as the application says, else the login role; no proof. Personal.
    changed_at timestamp with time zone not null -- When, by lifecycle.now().
    constraint reschedules_pkey PRIMARY KEY (id)
    CREATE INDEX reschedules_changed_at_idx ON tutoring.reschedules USING btree (changed_at)
    CREATE INDEX reschedules_session_id_idx ON tutoring.reschedules USING btree (session_id)
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Every move of a session in time, in order.

table tutoring.session_occurrences
    base_session_id integer not null -- Session with the recurring_pattern.
    occurrence_date date not null -- Local date according to the pattern, even if the session was moved since.
    start_time time without time zone not null -- Local start according to the series, even if the session was moved since.
    end_time time without time zone not null -- Local end according to the series.
    session_id integer -- Session made for it; null: the row was deleted.
    constraint session_occurrences_base_session_id_fkey FOREIGN KEY (base_session_id) REFERENCES tutoring.sessions(id) ON DELETE CASCADE
    constraint session_occurrences_pkey PRIMARY KEY (base_session_id, occurrence_date)
    constraint session_occurrences_session_id_fkey FOREIGN KEY (session_id) REFERENCES tutoring.sessions(id) ON DELETE SET NULL
    CREATE INDEX session_occurrences_session_id_idx ON tutoring.session_occurrences USING btree (session_id)
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment The dates of series for which sessions have been made. Each date is made once, even if its session is moved or deleted later.

table tutoring.session_revisions
    session_id integer not null -- Session.
    sequence integer not null -- How often.
    revised_at timestamp with time zone not null -- When last, by lifecycle.now().
    constraint session_revisions_pkey PRIMARY KEY (session_id)
    constraint session_revisions_session_id_fkey FOREIGN KEY (session_id) REFERENCES tutoring.sessions(id) ON DELETE CASCADE
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment How often sessions were moved, cancelled or restored: the SEQUENCE of calendars. No row: never.

table tutoring.sessions
    id integer not null identity by default -- Key.
    enrolled_courses_id integer -- Course of the session; if the course is deleted, so is the session. Null: none.
    topics json default '[]'::json -- Topics planned, an array of texts.
    topics_covered json default '[]'::json -- Topics that were taught, an array of texts.
    session_date date not null -- Local day on which the session starts.
    start_time time without time zone not null -- Local start.
    end_time time without time zone not null -- Local end; at or before start_time: on the next day.
    duration integer -- Length in minutes; null: not given. The end is end_time.
    session_mode character varying(50) default 'online'::character varying -- How it is held, such as online.
    location character varying(255) -- Where it takes place; null: not given.
    whiteboard_id integer -- Whiteboard of the session; null: none, or it was deleted.
    student_review_id integer -- The student's review, a key of the application's; null: none yet.
    tutor_review_id integer -- The tutor's review, a key of the application's; null: none yet.
    parent_review_id integer -- The parents' review, a key of the application's; null: none yet.
    tutor_attendance_status character varying(20) default 'present'::character varying -- Whether the tutor came, such as present.
    student_attendance_status character varying(20) default 'present'::character varying -- Whether the student came, such as present.
    priority_level character varying(20) default 'medium'::character varying -- How important it is, such as medium.
    is_recurring boolean default false -- True: repeated, or a repetition.
    session_frequency character varying(50) default 'one-time'::character varying -- How often, in the application's words, such as one-time.
    recurring_pattern json -- Rule of repetition; null: none. An object with frequency (daily, weekly, monthly or yearly) and any of interval, byday
(such as ["MO", "2TU", "-1FR"]), bymonthday, bymonth, bysetpos, wkst (first day of the week), count (of all dates, the
first included) or until (last local date), and exdates (local dates left out). Or an object with rrule (a rule of RFC
5545, such as FREQ=WEEKLY;COUNT=10) and any of exdates.
    notification_enabled boolean default false -- For the application; it does not affect reminders.
    alarm_enabled boolean default false -- True: the student gets an alarm too, alarm_before_minutes before the start.
    alarm_before_minutes integer default 15 -- Minutes from the alarm to the start.
    is_featured boolean default false -- True: shown first.
    status character varying(20) default 'scheduled'::character varying -- scheduled, in_progress, completed, cancelled or no_show.
    created_at timestamp without time zone default CURRENT_TIMESTAMP -- When the row was made, in the time zone of the connection that made it.
    updated_at timestamp without time zone default CURRENT_TIMESTAMP -- When the row last changed, in the time zone of the connection that did it.
    timezone text not null -- IANA time zone of date and times; left out on insert: of the course, else of its student, else UTC.
    deleted_at timestamp with time zone -- When the session was soft-deleted; null: it was not. The clock passes it over.
    starts_at timestamp with time zone not null -- Instant of the start; follows date, time and zone.
    ends_at timestamp with time zone not null -- Instant of the end; follows date, times and zone.
    alarm_at timestamp with time zone -- Instant of the alarm, alarm_before_minutes before the start; null: none is wanted.
    constraint sessions_enrolled_courses_id_fkey FOREIGN KEY (enrolled_courses_id) REFERENCES tutoring.enrolled_courses(id) ON DELETE CASCADE
    constraint sessions_pkey PRIMARY KEY (id)
    constraint sessions_status_check CHECK (((status)::text = ANY ((ARRAY['scheduled'::character varying, 'in_progress'::character varying, 'completed'::character varying, 'cancelled'::character varying, 'no_show'::character varying])::text[])))
    constraint sessions_whiteboard_id_fkey FOREIGN KEY (whiteboard_id) REFERENCES tutoring.whiteboard_sessions(id) ON DELETE SET NULL
    CREATE INDEX idx_sessions_date ON tutoring.sessions USING btree (session_date)
    CREATE INDEX idx_sessions_enrolled_courses ON tutoring.sessions USING btree (enrolled_courses_id)
    CREATE INDEX idx_sessions_featured ON tutoring.sessions USING btree (is_featured)
    CREATE INDEX idx_sessions_recurring ON tutoring.sessions USING btree (is_recurring)
    CREATE INDEX sessions_alarms_idx ON tutoring.sessions USING btree (starts_at, id) WHERE (alarm_at IS NOT NULL)
    CREATE INDEX sessions_starts_at_idx ON tutoring.sessions USING btree (starts_at, id)
    CREATE INDEX sessions_to_alarm_idx ON tutoring.sessions USING btree (alarm_at, id) WHERE (((status)::text = 'scheduled'::text) AND (deleted_at IS NULL) AND (alarm_at IS NOT NULL))
    CREATE INDEX sessions_to_complete_idx ON tutoring.sessions USING btree (ends_at, id) WHERE (((status)::text = 'in_progress'::text) AND (deleted_at IS NULL))
    CREATE INDEX sessions_to_start_idx ON tutoring.sessions USING btree (starts_at, id) WHERE (((status)::text = 'scheduled'::text) AND (deleted_at IS NULL))
    CREATE INDEX sessions_whiteboard_id_idx ON tutoring.sessions USING btree (whiteboard_id) WHERE (whiteboard_id IS NOT NULL)
    CREATE TRIGGER zz_050_take_course_timezone BEFORE INSERT ON tutoring.sessions FOR EACH ROW WHEN ((new.timezone IS NULL)) EXECUTE FUNCTION tutoring.take_course_timezone()
    CREATE TRIGGER zz_060_validate_timezone BEFORE INSERT OR UPDATE OF timezone ON tutoring.sessions FOR EACH ROW EXECUTE FUNCTION lifecycle.validate_timezone()
    CREATE TRIGGER zz_070_derive_instants BEFORE INSERT OR UPDATE OF session_date, start_time, end_time, timezone, alarm_enabled, alarm_before_minutes, starts_at, ends_at, alarm_at ON tutoring.sessions FOR EACH ROW EXECUTE FUNCTION tutoring.derive_session_instants()
    CREATE TRIGGER zz_200_enforce_initial_status BEFORE INSERT ON tutoring.sessions FOR EACH ROW WHEN (((new.status)::text IS DISTINCT FROM 'scheduled'::text)) EXECUTE FUNCTION tutoring.enforce_status('tutoring.session')
    CREATE TRIGGER zz_200_enforce_status BEFORE UPDATE ON tutoring.sessions FOR EACH ROW WHEN ((((old.status)::text IS DISTINCT FROM (new.status)::text) AND (NOT (((old.status)::text = 'scheduled'::text) AND ((new.status)::text = 'in_progress'::text))) AND (NOT (((old.status)::text = 'in_progress'::text) AND ((new.status)::text = 'completed'::text))))) EXECUTE FUNCTION tutoring.enforce_status('tutoring.session')
    CREATE TRIGGER zz_500_record_status_change AFTER UPDATE ON tutoring.sessions FOR EACH ROW WHEN ((((old.status)::text IS DISTINCT FROM (new.status)::text) AND (NOT
        CASE
            WHEN (current_setting('lifecycle.clock_xact'::text, true) = (pg_current_xact_id_if_assigned())::text) THEN (currval('lifecycle.clock_mark'::regclass) = (((current_setting('lifecycle.clock_xact'::text))::bigint * 10000) + pg_trigger_depth()))
            ELSE false
        END))) EXECUTE FUNCTION tutoring.record_status_change('tutoring.session')
    CREATE TRIGGER zz_510_record_reschedule AFTER UPDATE ON tutoring.sessions FOR EACH ROW WHEN (((old.starts_at IS DISTINCT FROM new.starts_at) OR (old.ends_at IS DISTINCT FROM new.ends_at))) EXECUTE FUNCTION tutoring.record_reschedule()
    CREATE TRIGGER zz_610_record_created AFTER INSERT ON tutoring.sessions FOR EACH ROW EXECUTE FUNCTION tutoring.record_session_event()
    CREATE TRIGGER zz_610_record_moved AFTER UPDATE OF session_date, start_time, end_time, timezone, starts_at, ends_at, deleted_at ON tutoring.sessions FOR EACH ROW WHEN ((((old.starts_at IS DISTINCT FROM new.starts_at) OR (old.ends_at IS DISTINCT FROM new.ends_at)) OR (old.deleted_at IS DISTINCT FROM new.deleted_at))) EXECUTE FUNCTION tutoring.record_session_event()
    CREATE TRIGGER zz_620_revise AFTER UPDATE ON tutoring.sessions FOR EACH ROW WHEN (((((((old.starts_at IS DISTINCT FROM new.starts_at) OR (old.ends_at IS DISTINCT FROM new.ends_at)) OR ((old.location)::text IS DISTINCT FROM (new.location)::text)) OR (old.enrolled_courses_id IS DISTINCT FROM new.enrolled_courses_id)) OR (old.deleted_at IS DISTINCT FROM new.deleted_at)) OR (((COALESCE(old.status, ''::character varying))::text = ANY ((ARRAY['cancelled'::character varying, 'no_show'::character varying])::text[])) <> ((COALESCE(new.status, ''::character varying))::text = ANY ((ARRAY['cancelled'::character varying, 'no_show'::character varying])::text[]))))) EXECUTE FUNCTION tutoring.revise_session()
    CREATE TRIGGER zz_900_touch_updated_at BEFORE UPDATE OF status, deleted_at, enrolled_courses_id, session_date, start_time, end_time, timezone, duration, session_mode, location, whiteboard_id, student_review_id, tutor_review_id, parent_review_id, tutor_attendance_status, student_attendance_status, priority_level, is_recurring, session_frequency, notification_enabled, alarm_enabled, alarm_before_minutes, is_featured, topics, topics_covered, recurring_pattern ON tutoring.sessions FOR EACH ROW WHEN (((new.updated_at IS DISTINCT FROM lifecycle.now()) AND (((((((((((((((((((((((((((old.status)::text IS DISTINCT FROM (new.status)::text) OR (old.deleted_at IS DISTINCT FROM new.deleted_at)) OR (old.enrolled_courses_id IS DISTINCT FROM new.enrolled_courses_id)) OR (old.session_date IS DISTINCT FROM new.session_date)) OR (old.start_time IS DISTINCT FROM new.start_time)) OR (old.end_time IS DISTINCT FROM new.end_time)) OR (old.timezone IS DISTINCT FROM new.timezone)) OR (old.duration IS DISTINCT FROM new.duration)) OR ((old.session_mode)::text IS DISTINCT FROM (new.session_mode)::text)) OR ((old.location)::text IS DISTINCT FROM (new.location)::text)) OR (old.whiteboard_id IS DISTINCT FROM new.whiteboard_id)) OR (old.student_review_id IS DISTINCT FROM new.student_review_id)) OR (old.tutor_review_id IS DISTINCT FROM new.tutor_review_id)) OR (old.parent_review_id IS DISTINCT FROM new.parent_review_id)) OR ((old.tutor_attendance_status)::text IS DISTINCT FROM (new.tutor_attendance_status)::text)) OR ((old.student_attendance_status)::text IS DISTINCT FROM (new.student_attendance_status)::text)) OR ((old.priority_level)::text IS DISTINCT FROM (new.priority_level)::text)) OR (old.is_recurring IS DISTINCT FROM new.is_recurring)) OR ((old.session_frequency)::text IS DISTINCT FROM (new.session_frequency)::text)) OR (old.notification_enabled IS DISTINCT FROM new.notification_enabled)) OR (old.alarm_enabled IS DISTINCT FROM new.alarm_enabled)) OR (old.alarm_before_minutes IS DISTINCT FROM new.alarm_before_minutes)) OR (old.is_featured IS DISTINCT FROM new.is_featured)) OR ((old.topics)::text IS DISTINCT FROM (new.topics)::text)) OR ((old.topics_covered)::text IS DISTINCT FROM (new.topics_covered)::text)) OR ((old.recurring_pattern)::text IS DISTINCT FROM (new.recurring_pattern)::text)))) EXECUTE FUNCTION lifecycle.touch_updated_at()
    acl sessionbook_app=SELECT sessionbook_reader=SELECT sessionbook_writer=DELETE,INSERT,UPDATE
    comment Lessons, one row a lesson.

table tutoring.sessions_unmapped
    session_id integer not null -- Session whose reference is null now.
    column_name text not null -- course_enrollment_id (a student) or whiteboard_id.
    old_value integer not null -- What the column held.
    reason text not null -- Why it could not be converted.
    noted_at timestamp with time zone not null default now() -- When that was found.
    constraint sessions_unmapped_column_name_check CHECK ((column_name = ANY (ARRAY['course_enrollment_id'::text, 'whiteboard_id'::text])))
    constraint sessions_unmapped_pkey PRIMARY KEY (session_id, column_name)
    constraint sessions_unmapped_session_id_fkey FOREIGN KEY (session_id) REFERENCES tutoring.sessions(id) ON DELETE CASCADE
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment References of an older version that could not be converted, with their old value; a rollback restores them from here.

table tutoring.settings
    id boolean not null default true -- Always true.
    reminder_lead interval not null default '01:00:00'::interval -- How long before the start of a session its reminder is due; 7 days at most.
    announce_changes boolean not null default true -- True: a student who got a message about a session gets another one if it is moved or cancelled. False: reminders
only.
    rules text not null default 'enforce'::text -- enforce: violations of rules are refused. observe: they are allowed and recorded in broken_rules; an adopted database
begins like this. Overbooking and double booking are always refused.
    calendar_id uuid not null default gen_random_uuid() -- Part of the UID of sessions in calendars, which must be unique worldwide; do not change it.
    keep_personal interval -- How long after the last session a student keeps name and addresses; null: forever. Housekeeping erases them.
    constraint settings_keep_personal_check CHECK ((keep_personal > '00:00:00'::interval))
    constraint settings_one_row_check CHECK (id)
    constraint settings_pkey PRIMARY KEY (id)
    constraint settings_reminder_lead_check CHECK (((reminder_lead >= '00:00:00'::interval) AND (reminder_lead <= '7 days'::interval)))
    constraint settings_rules_check CHECK ((rules = ANY (ARRAY['enforce'::text, 'observe'::text])))
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Settings of this schema; one row, changed by its owner.

table tutoring.status_changes
    id bigint not null identity always -- Key, growing.
    machine text not null -- Which status, as in status_rules, such as tutoring.session.
    subject_id text not null -- Key of the row that moved, as text; stays if that row is deleted.
    from_status text -- Status before; null: it had none.
    to_status text -- Status after; null: it was taken away.
    cause text not null -- person or clock.
    changed_by text not null -- Database role that made the change: that of SET ROLE, else the login role.
    actor text not null -- Who acted, as the application says, else the login role; no proof. Personal.
    changed_at timestamp with time zone not null -- When, by lifecycle.now().
    constraint status_changes_cause_check CHECK ((cause = ANY (ARRAY['person'::text, 'seats'::text, 'clock'::text])))
    constraint status_changes_pkey PRIMARY KEY (id)
    CREATE INDEX status_changes_changed_at_idx ON tutoring.status_changes USING btree (changed_at)
    CREATE INDEX status_changes_machine_subject_id_idx ON tutoring.status_changes USING btree (machine, subject_id)
    CREATE INDEX status_changes_session_id_idx ON tutoring.status_changes USING btree (((subject_id)::integer)) WHERE (machine = 'tutoring.session'::text)
    CREATE TRIGGER zz_600_record_events AFTER INSERT ON tutoring.status_changes REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION tutoring.record_status_events()
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Every move of a status in this schema, in order.

table tutoring.tutors
    id integer not null identity by default -- Key.
    full_name character varying(255) not null -- Name shown to students. Personal.
    phone character varying(50) -- Phone number; null: not given. Personal.
    email character varying(255) -- Address to write to; null: not given. Personal.
    created_at timestamp with time zone not null default now() -- When the row was made.
    updated_at timestamp with time zone not null default now() -- When the row last changed.
    constraint tutors_pkey PRIMARY KEY (id)
    CREATE TRIGGER zz_900_touch_updated_at BEFORE UPDATE ON tutoring.tutors FOR EACH ROW WHEN (((((old.full_name)::text IS DISTINCT FROM (new.full_name)::text) OR ((old.phone)::text IS DISTINCT FROM (new.phone)::text)) OR ((old.email)::text IS DISTINCT FROM (new.email)::text))) EXECUTE FUNCTION lifecycle.touch_updated_at()
    acl sessionbook_app=SELECT sessionbook_reader=SELECT(created_at),SELECT(full_name),SELECT(id),SELECT(updated_at) sessionbook_writer=DELETE,INSERT,UPDATE
    comment People who teach.

table tutoring.whiteboard_sessions
    id integer not null identity by default -- Key.
    session_name character varying(255) not null -- Name of the whiteboard.
    content jsonb not null default '{}'::jsonb -- Whatever the application keeps of it.
    created_at timestamp with time zone not null default now() -- When the row was made.
    updated_at timestamp with time zone not null default now() -- When the row last changed.
    constraint whiteboard_sessions_pkey PRIMARY KEY (id)
    CREATE TRIGGER zz_900_touch_updated_at BEFORE UPDATE ON tutoring.whiteboard_sessions FOR EACH ROW WHEN ((((old.session_name)::text IS DISTINCT FROM (new.session_name)::text) OR (old.content IS DISTINCT FROM new.content))) EXECUTE FUNCTION lifecycle.touch_updated_at()
    acl sessionbook_app=SELECT sessionbook_reader=SELECT sessionbook_writer=DELETE,INSERT,UPDATE
    comment Whiteboards for sessions.

table workshop.attendance
    enrollment_id uuid not null -- Enrollment that came.
    day date not null -- Local day of the session.
    status text not null -- attended or absent.
    changed_by text not null -- Database role that marked it: that of SET ROLE, else the login role.
    actor text not null -- Who acted, as the application says (setting sessionbook.actor, else the claim sub of the token), else the login role;
no proof. Personal.
    marked_at timestamp with time zone not null -- When it was marked.
    constraint attendance_enrollment_id_fkey FOREIGN KEY (enrollment_id) REFERENCES workshop.enrollments(id) ON DELETE CASCADE
    constraint attendance_pkey PRIMARY KEY (enrollment_id, day)
    constraint attendance_status_check CHECK ((status = ANY (ARRAY['attended'::text, 'absent'::text])))
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Attendance by day of a session; no row: not marked.

table workshop.booking_changes
    id bigint not null identity always -- Key.
    enrollment_id uuid not null -- Enrollment that changed.
    from_session_id uuid -- Session before; null: none.
    to_session_id uuid -- Session after; null: none.
    from_seats integer not null -- Seats before.
    to_seats integer not null -- Seats after.
    from_price numeric(10,3) not null -- What the seats cost before, in the workshop's currency.
    to_price numeric(10,3) not null -- What the seats cost after.
    changed_by text not null -- Database role that changed it: that of SET ROLE, else the login role.
    actor text not null -- Who acted, as the application says (setting sessionbook.actor, else the claim sub of the token), else the login role;
no proof. Personal.
    changed_at timestamp with time zone not null -- When it changed.
    constraint booking_changes_enrollment_id_fkey FOREIGN KEY (enrollment_id) REFERENCES workshop.enrollments(id) ON DELETE CASCADE
    constraint booking_changes_pkey PRIMARY KEY (id)
    CREATE INDEX booking_changes_enrollment_id_idx ON workshop.booking_changes USING btree (enrollment_id)
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Changes of bookings: to another session, or to more or fewer seats. Rows are only added.

table workshop.broken_rules
    id bigint not null identity always -- Key, growing.
    rule text not null -- Key of the error that it would have been, such as illegal_transition.
    machine text not null -- What it is a rule of, such as workshop.order.
    subject_id text not null -- Key of the row that was written, as text; stays if that row is deleted.
    from_value text -- What was there before; null: nothing.
    to_value text -- What was written; null: nothing.
    changed_by text not null -- Database role that wrote it: that of SET ROLE, else the login role.
    actor text not null -- Who acted, as the application says; no proof. Personal.
    noted_at timestamp with time zone not null -- When, by lifecycle.now().
    constraint broken_rules_pkey PRIMARY KEY (id)
    CREATE INDEX broken_rules_noted_at_idx ON workshop.broken_rules USING btree (noted_at)
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment What rules would have refused if settings.rules were enforce, in order; rule_violations counts it.

table workshop.calendar_tokens
    id bigint not null identity always -- Key, growing.
    token_hash bytea not null -- SHA-256 of the token.
    scope text not null -- Whose sessions, as calendar_feed() takes it.
    subject_id text not null -- Key in that scope, as text. Personal.
    actor text not null -- Who acted, as the application says, else the login role; no proof. Personal.
    created_at timestamp with time zone not null -- When it was made, by lifecycle.now().
    revoked_at timestamp with time zone -- When it was revoked; null: it is valid.
    constraint calendar_tokens_pkey PRIMARY KEY (id)
    constraint calendar_tokens_token_hash_key UNIQUE (token_hash)
    CREATE INDEX calendar_tokens_scope_subject_id_idx ON workshop.calendar_tokens USING btree (scope, subject_id)
    acl sessionbook_app=SELECT(actor),SELECT(created_at),SELECT(id),SELECT(revoked_at),SELECT(scope),SELECT(subject_id)
    comment Secret addresses of calendars; only a hash of the secret is stored.

table workshop.creators
    id uuid not null default gen_random_uuid() -- Key.
    name character varying(255) not null -- Name shown to customers. Personal.
    name_ar character varying(255) -- Name in Arabic; null: not translated. Personal.
    username character varying(100) not null -- Handle in the address of the shop; unique. Personal.
    email character varying(255) not null -- Address to write to; unique. Personal.
    is_active boolean not null default true -- False: the shop is closed.
    created_at timestamp with time zone not null default now() -- When the row was made.
    updated_at timestamp with time zone not null default now() -- When the row last changed.
    search_text text not null default ''::text -- Names and handle, folded by lifecycle._fold_name() and without spaces, a bar between: what searches read. A trigger
derives it. Personal.
    constraint creators_email_key UNIQUE (email)
    constraint creators_pkey PRIMARY KEY (id)
    constraint creators_username_key UNIQUE (username)
    CREATE TRIGGER zz_200_derive_search_text BEFORE INSERT OR UPDATE OF name, name_ar, username, search_text ON workshop.creators FOR EACH ROW EXECUTE FUNCTION workshop.derive_creator_search()
    CREATE TRIGGER zz_900_touch_updated_at BEFORE UPDATE ON workshop.creators FOR EACH ROW WHEN ((((((((((old.id IS DISTINCT FROM new.id) OR ((old.name)::text IS DISTINCT FROM (new.name)::text)) OR ((old.name_ar)::text IS DISTINCT FROM (new.name_ar)::text)) OR ((old.username)::text IS DISTINCT FROM (new.username)::text)) OR ((old.email)::text IS DISTINCT FROM (new.email)::text)) OR (old.is_active IS DISTINCT FROM new.is_active)) OR (old.created_at IS DISTINCT FROM new.created_at)) OR (old.updated_at IS DISTINCT FROM new.updated_at)) OR (old.search_text IS DISTINCT FROM new.search_text))) EXECUTE FUNCTION lifecycle.touch_updated_at()
    acl sessionbook_app=SELECT sessionbook_reader=SELECT(created_at),SELECT(id),SELECT(is_active),SELECT(name),SELECT(name_ar),SELECT(updated_at),SELECT(username) sessionbook_writer=DELETE,INSERT,UPDATE
    comment People and studios that give workshops.

table workshop.enrollments with autovacuum_vacuum_scale_factor=0.02
    id uuid not null default gen_random_uuid() -- Key.
    workshop_id uuid not null -- Workshop enrolled in.
    order_id uuid -- Order that paid for it; null: none.
    student_name character varying(255) not null -- Name of the student. Personal.
    student_email character varying(255) -- Address of the student; null: not given. Personal.
    student_phone character varying(50) -- Phone number of the student; null: not given. Personal.
    total_price numeric(10,3) not null default 0 -- What the seats cost, in the workshop's currency.
    status character varying(20) not null default 'pending'::character varying -- successful, pending, rejected or cancelled; the first two take their seats.
    status_ar character varying(50) -- The status in Arabic; follows status.
    enrollment_date timestamp with time zone not null default now() -- When the student enrolled.
    completion_status character varying(20) not null default 'enrolled'::character varying -- enrolled, in_progress, completed or dropped.
    notes text -- Notes. Personal.
    created_at timestamp with time zone not null default now() -- When the row was made.
    updated_at timestamp with time zone not null default now() -- When the row last changed.
    session_id uuid -- Session that the seat is in; null: not decided.
    seats integer not null default 1 -- Seats taken, 1 to 10000.
    expires_at timestamp with time zone -- Until when pending seats are held; null: without limit. A cancelled row whose hold ran out keeps it, and a late payment
takes the seats again.
    idempotency_key text -- What the caller made up for one booking; the same key again gives this row. Null: none. Personal.
    order_item_id uuid -- Item of the order that these seats are of; null: none.
    run_booking_id uuid -- The same in all rows of one booking of a whole run; null: the session was booked alone.
    constraint enrollments_known_check CHECK ((((status)::workshop.known_enrollment_status IS NOT NULL) AND ((completion_status)::workshop.known_completion_status IS NOT NULL)))
    constraint enrollments_order_id_fkey FOREIGN KEY (order_id) REFERENCES workshop.orders(id) ON DELETE SET NULL
    constraint enrollments_order_item_id_fkey FOREIGN KEY (order_item_id) REFERENCES workshop.order_items(id) ON DELETE SET NULL
    constraint enrollments_pkey PRIMARY KEY (id)
    constraint enrollments_seats_check CHECK (((seats >= 1) AND (seats <= 10000)))
    constraint enrollments_session_id_fkey FOREIGN KEY (session_id) REFERENCES workshop.workshop_sessions(id) ON DELETE SET NULL
    constraint enrollments_workshop_id_fkey FOREIGN KEY (workshop_id) REFERENCES workshop.workshops(id) ON DELETE RESTRICT
    CREATE INDEX enrollments_expires_at_idx ON workshop.enrollments USING btree (expires_at, session_id) WHERE (((status)::text = 'pending'::text) AND (expires_at IS NOT NULL))
    CREATE INDEX enrollments_order_id_idx ON workshop.enrollments USING btree (order_id) WHERE (order_id IS NOT NULL)
    CREATE INDEX enrollments_order_item_id_idx ON workshop.enrollments USING btree (order_item_id) WHERE (order_item_id IS NOT NULL)
    CREATE INDEX enrollments_run_booking_id_idx ON workshop.enrollments USING btree (run_booking_id) WHERE (run_booking_id IS NOT NULL)
    CREATE INDEX enrollments_session_id_idx ON workshop.enrollments USING btree (session_id)
    CREATE INDEX enrollments_student_email_idx ON workshop.enrollments USING btree (lower(((student_email)::text COLLATE "C")), session_id)
    CREATE INDEX enrollments_student_phone_idx ON workshop.enrollments USING btree (ltrim(regexp_replace(translate((student_phone)::text, '٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹'::text, '01234567890123456789'::text), '[^0-9]+'::text, ''::text, 'g'::text), '0'::text), session_id)
    CREATE UNIQUE INDEX enrollments_workshop_id_idempotency_key_key ON workshop.enrollments USING btree (workshop_id, idempotency_key)
    CREATE TRIGGER zz_200_enforce_status BEFORE UPDATE OF status ON workshop.enrollments FOR EACH ROW WHEN (((old.status)::text IS DISTINCT FROM (new.status)::text)) EXECUTE FUNCTION workshop.enforce_status('workshop.enrollment')
    CREATE TRIGGER zz_300_translate_status BEFORE INSERT OR UPDATE OF status, status_ar ON workshop.enrollments FOR EACH ROW EXECUTE FUNCTION lifecycle.translate_status('workshop.enrollment')
    CREATE TRIGGER zz_350_enforce_initial_status BEFORE INSERT ON workshop.enrollments FOR EACH ROW WHEN ((new.status_ar IS NULL)) EXECUTE FUNCTION workshop.enforce_status('workshop.enrollment')
    CREATE TRIGGER zz_500_record_status_change AFTER UPDATE ON workshop.enrollments FOR EACH ROW WHEN (((old.status)::text IS DISTINCT FROM (new.status)::text)) EXECUTE FUNCTION workshop.record_status_change('workshop.enrollment')
    CREATE TRIGGER zz_610_record_changed_seats AFTER UPDATE OF seats, session_id ON workshop.enrollments FOR EACH ROW WHEN (((old.seats IS DISTINCT FROM new.seats) OR (old.session_id IS DISTINCT FROM new.session_id))) EXECUTE FUNCTION workshop.record_changed_seats()
    CREATE TRIGGER zz_610_record_enrollments AFTER INSERT ON workshop.enrollments REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION workshop.record_enrollments()
    CREATE TRIGGER zz_900_touch_updated_at BEFORE UPDATE ON workshop.enrollments FOR EACH ROW WHEN (((((((((((((((((((((old.id IS DISTINCT FROM new.id) OR (old.workshop_id IS DISTINCT FROM new.workshop_id)) OR (old.order_id IS DISTINCT FROM new.order_id)) OR ((old.student_name)::text IS DISTINCT FROM (new.student_name)::text)) OR ((old.student_email)::text IS DISTINCT FROM (new.student_email)::text)) OR ((old.student_phone)::text IS DISTINCT FROM (new.student_phone)::text)) OR (old.total_price IS DISTINCT FROM new.total_price)) OR ((old.status)::text IS DISTINCT FROM (new.status)::text)) OR ((old.status_ar)::text IS DISTINCT FROM (new.status_ar)::text)) OR (old.enrollment_date IS DISTINCT FROM new.enrollment_date)) OR ((old.completion_status)::text IS DISTINCT FROM (new.completion_status)::text)) OR (old.notes IS DISTINCT FROM new.notes)) OR (old.created_at IS DISTINCT FROM new.created_at)) OR (old.updated_at IS DISTINCT FROM new.updated_at)) OR (old.session_id IS DISTINCT FROM new.session_id)) OR (old.seats IS DISTINCT FROM new.seats)) OR (old.expires_at IS DISTINCT FROM new.expires_at)) OR (old.idempotency_key IS DISTINCT FROM new.idempotency_key)) OR (old.order_item_id IS DISTINCT FROM new.order_item_id)) OR (old.run_booking_id IS DISTINCT FROM new.run_booking_id))) EXECUTE FUNCTION lifecycle.touch_updated_at()
    acl sessionbook_app=SELECT sessionbook_reader=SELECT(completion_status),SELECT(created_at),SELECT(enrollment_date),SELECT(expires_at),SELECT(id),SELECT(order_id),SELECT(order_item_id),SELECT(run_booking_id),SELECT(seats),SELECT(session_id),SELECT(status),SELECT(status_ar),SELECT(student_name),SELECT(total_price),SELECT(updated_at),SELECT(workshop_id) sessionbook_writer=DELETE,INSERT,UPDATE
    comment Enrollments of students in sessions; one row takes one seat or several.

table workshop.event_counter
    id boolean not null default true -- Always true.
    last_position bigint not null default 0 -- Position of the newest event; 0: there was none.
    constraint event_counter_one_row_check CHECK (id)
    constraint event_counter_pkey PRIMARY KEY (id)
    comment The newest position of events; one row, locked while events get positions.

table workshop.events
    position bigint not null -- Key, growing without gaps; pass the last one to read_events().
    kind text not null -- What happened: a noun and what happened to it, such as session.moved or enrollment.cancelled.
    subject_id text not null -- Key of the row that it is about, as text; stays if that row is deleted.
    payload jsonb not null -- Its data: keys, numbers and times; nothing personal.
    actor text not null -- Who acted, as the application says, else the login role; no proof. Personal.
    occurred_at timestamp with time zone not null -- When, by lifecycle.now(): the start of its transaction.
    constraint events_pkey PRIMARY KEY ("position")
    CREATE INDEX events_occurred_at_idx ON workshop.events USING btree (occurred_at)
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment What happened, in the order in which read_events() returns it.

table workshop.failed_steps
    id bigint not null identity always -- Key, for retry_failed_step().
    step text not null -- Which step, one of steps().
    subject_id text not null -- Key of the row that would not move, as text.
    sqlstate text not null -- SQLSTATE of the newest failure.
    message text not null -- Message of the newest failure. Personal.
    attempts integer not null -- How often the step was tried since it first failed, or since it was retried by hand.
    first_failed_at timestamp with time zone not null -- When it first failed, by the clock's time.
    failed_at timestamp with time zone not null -- When it last failed, by the clock's time.
    next_attempt_at timestamp with time zone -- From when on the tick tries again; null: given up.
    constraint failed_steps_pkey PRIMARY KEY (id)
    constraint failed_steps_step_subject_id_key UNIQUE (step, subject_id)
    acl sessionbook_app=SELECT sessionbook_monitor=SELECT sessionbook_reader=SELECT
    comment Steps of the clock that failed and are still due. A row goes when the step succeeds or is no longer due.

table workshop.order_counters
    creator_id uuid not null -- Who sells.
    last_number bigint not null -- Number of the newest order.
    constraint order_counters_creator_id_fkey FOREIGN KEY (creator_id) REFERENCES workshop.creators(id) ON DELETE CASCADE
    constraint order_counters_pkey PRIMARY KEY (creator_id)
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Order numbers given to each creator's customers, without gaps.

table workshop.order_items
    id uuid not null default gen_random_uuid() -- Key.
    order_id uuid not null -- Order of the line.
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
    CREATE TRIGGER zz_100_refuse_deletion BEFORE DELETE ON workshop.order_items FOR EACH ROW EXECUTE FUNCTION workshop.refuse_deletion('item')
    acl sessionbook_app=SELECT sessionbook_reader=SELECT sessionbook_writer=DELETE,INSERT,UPDATE
    comment Lines of an order.

table workshop.orders
    id uuid not null default gen_random_uuid() -- Key.
    creator_id uuid not null -- Who sells.
    order_number character varying(50) not null -- Number told to the customer; unique per creator.
    customer_name character varying(255) not null -- Name of the buyer. Personal.
    customer_phone character varying(50) not null -- Phone number of the buyer. Personal.
    customer_email character varying(255) -- Address of the buyer; null: not given. Personal.
    total_amount numeric(10,3) not null default 0 -- Sum of the items, in units of currency; 0 or more.
    currency character varying(3) -- ISO 4217 code of the amounts; left out on insert: as settings says. Null: not given.
    status character varying(20) not null default 'pending'::character varying -- pending, paid, cancelled or refunded.
    status_ar character varying(50) -- The status in Arabic; follows status.
    payment_method character varying(50) -- How it was paid.
    payment_reference character varying(255) -- The payment provider's reference.
    order_source character varying(20) not null default 'whatsapp'::character varying -- whatsapp, direct or qr: where the order came from.
    notes text -- Notes. Personal.
    is_viewed boolean not null default false -- True: the creator has seen the order.
    viewed_at timestamp with time zone -- When the creator first saw it.
    created_at timestamp with time zone not null default now() -- When the row was made.
    updated_at timestamp with time zone not null default now() -- When the row last changed.
    expires_at timestamp with time zone -- Until when the seats are held while it is pending; null: they are not held.
    idempotency_key text -- What the caller made up for one order; the same key again gives this row. Null: none. Personal.
    idempotency_request jsonb -- The items that idempotency_key was used for, sorted; null: no key.
    constraint orders_creator_id_fkey FOREIGN KEY (creator_id) REFERENCES workshop.creators(id) ON DELETE RESTRICT
    constraint orders_creator_id_order_number_key UNIQUE (creator_id, order_number)
    constraint orders_pkey PRIMARY KEY (id)
    constraint orders_total_amount_check CHECK (((total_amount >= '0'::numeric) AND ((status)::workshop.known_order_status IS NOT NULL) AND ((order_source)::workshop.known_order_source IS NOT NULL)))
    CREATE UNIQUE INDEX orders_creator_id_idempotency_key_key ON workshop.orders USING btree (creator_id, idempotency_key) WHERE (idempotency_key IS NOT NULL)
    CREATE INDEX orders_order_number_idx ON workshop.orders USING btree (order_number)
    CREATE TRIGGER zz_100_default_currency BEFORE INSERT ON workshop.orders FOR EACH ROW WHEN ((new.currency IS NULL)) EXECUTE FUNCTION workshop.default_currency()
    CREATE TRIGGER zz_100_refuse_deletion BEFORE DELETE ON workshop.orders FOR EACH ROW EXECUTE FUNCTION workshop.refuse_deletion('order')
    CREATE TRIGGER zz_200_enforce_status BEFORE UPDATE ON workshop.orders FOR EACH ROW WHEN (((old.status)::text IS DISTINCT FROM (new.status)::text)) EXECUTE FUNCTION workshop.enforce_status('workshop.order')
    CREATE TRIGGER zz_300_translate_status BEFORE INSERT OR UPDATE OF status, status_ar ON workshop.orders FOR EACH ROW EXECUTE FUNCTION lifecycle.translate_status('workshop.order')
    CREATE TRIGGER zz_350_enforce_initial_status BEFORE INSERT ON workshop.orders FOR EACH ROW WHEN ((new.status_ar IS NULL)) EXECUTE FUNCTION workshop.enforce_status('workshop.order')
    CREATE TRIGGER zz_500_record_status_change AFTER UPDATE ON workshop.orders FOR EACH ROW WHEN (((old.status)::text IS DISTINCT FROM (new.status)::text)) EXECUTE FUNCTION workshop.record_status_change('workshop.order')
    CREATE TRIGGER zz_610_record_order AFTER INSERT ON workshop.orders FOR EACH ROW EXECUTE FUNCTION workshop.record_order()
    CREATE TRIGGER zz_900_touch_updated_at BEFORE UPDATE ON workshop.orders FOR EACH ROW WHEN ((((((((((((((((((((((old.id IS DISTINCT FROM new.id) OR (old.creator_id IS DISTINCT FROM new.creator_id)) OR ((old.order_number)::text IS DISTINCT FROM (new.order_number)::text)) OR ((old.customer_name)::text IS DISTINCT FROM (new.customer_name)::text)) OR ((old.customer_phone)::text IS DISTINCT FROM (new.customer_phone)::text)) OR ((old.customer_email)::text IS DISTINCT FROM (new.customer_email)::text)) OR (old.total_amount IS DISTINCT FROM new.total_amount)) OR ((old.currency)::text IS DISTINCT FROM (new.currency)::text)) OR ((old.status)::text IS DISTINCT FROM (new.status)::text)) OR ((old.status_ar)::text IS DISTINCT FROM (new.status_ar)::text)) OR ((old.payment_method)::text IS DISTINCT FROM (new.payment_method)::text)) OR ((old.payment_reference)::text IS DISTINCT FROM (new.payment_reference)::text)) OR ((old.order_source)::text IS DISTINCT FROM (new.order_source)::text)) OR (old.notes IS DISTINCT FROM new.notes)) OR (old.is_viewed IS DISTINCT FROM new.is_viewed)) OR (old.viewed_at IS DISTINCT FROM new.viewed_at)) OR (old.created_at IS DISTINCT FROM new.created_at)) OR (old.updated_at IS DISTINCT FROM new.updated_at)) OR (old.expires_at IS DISTINCT FROM new.expires_at)) OR (old.idempotency_key IS DISTINCT FROM new.idempotency_key)) OR (old.idempotency_request IS DISTINCT FROM new.idempotency_request))) EXECUTE FUNCTION lifecycle.touch_updated_at()
    acl sessionbook_app=SELECT sessionbook_reader=SELECT(created_at),SELECT(creator_id),SELECT(currency),SELECT(customer_name),SELECT(expires_at),SELECT(id),SELECT(is_viewed),SELECT(order_number),SELECT(order_source),SELECT(payment_method),SELECT(payment_reference),SELECT(status),SELECT(status_ar),SELECT(total_amount),SELECT(updated_at),SELECT(viewed_at) sessionbook_writer=DELETE,INSERT,UPDATE
    comment What customers bought of one creator.

table workshop.payments
    id uuid not null default gen_random_uuid() -- Key.
    order_id uuid not null -- Order that the money is for.
    kind text not null -- payment or refund.
    amount numeric(10,3) not null -- How much, in units of the order's currency; above 0.
    method text -- How it was paid; null: not given.
    reference text -- The payment provider's reference, unique for each order and kind; null: none.
    changed_by text not null -- Database role that recorded it: that of SET ROLE, else the login role.
    actor text not null -- Who acted, as the application says (setting sessionbook.actor, else the claim sub of the token), else the login role;
no proof. Personal.
    recorded_at timestamp with time zone not null -- When it was recorded.
    constraint payments_amount_check CHECK (((amount > (0)::numeric) AND (amount <> 'NaN'::numeric)))
    constraint payments_kind_check CHECK ((kind = ANY (ARRAY['payment'::text, 'refund'::text])))
    constraint payments_order_id_fkey FOREIGN KEY (order_id) REFERENCES workshop.orders(id) ON DELETE RESTRICT
    constraint payments_order_id_kind_reference_key UNIQUE (order_id, kind, reference)
    constraint payments_pkey PRIMARY KEY (id)
    CREATE TRIGGER zz_610_record_payment_event AFTER INSERT ON workshop.payments FOR EACH ROW EXECUTE FUNCTION workshop.record_payment_event()
    acl sessionbook_app=SELECT sessionbook_reader=SELECT(actor),SELECT(amount),SELECT(changed_by),SELECT(id),SELECT(kind),SELECT(method),SELECT(order_id),SELECT(recorded_at)
    comment Payments and refunds of orders. Rows are only added.

table workshop.pending_events
    id bigint not null identity always -- Key, growing: an effect has a larger key than its cause.
    kind text not null -- What happened, such as session.moved.
    subject_id text not null -- Key of the row that it is about, as text; stays if that row is deleted.
    payload jsonb not null -- Its data: keys, numbers and times; nothing personal.
    actor text not null -- Who acted, as the application says, else the login role; no proof. Personal.
    occurred_at timestamp with time zone not null -- When, by lifecycle.now().
    constraint pending_events_pkey PRIMARY KEY (id)
    acl sessionbook_app=SELECT
    comment Events without a position; read_events(), the tick or housekeeping move them to events.

table workshop.session_moves
    id bigint not null identity always -- Key.
    session_id uuid not null -- Session that was moved.
    idempotency_key text not null -- What the caller made up for one move.
    request jsonb not null -- The place and time that were asked for.
    moved_at timestamp with time zone not null -- When it was moved.
    constraint session_moves_pkey PRIMARY KEY (id)
    constraint session_moves_session_id_fkey FOREIGN KEY (session_id) REFERENCES workshop.workshop_sessions(id) ON DELETE CASCADE
    constraint session_moves_session_id_idempotency_key_key UNIQUE (session_id, idempotency_key)
    acl sessionbook_app=SELECT
    comment Idempotency keys of reschedule_session() and what they were used for.

table workshop.session_revisions
    session_id uuid not null -- Session.
    sequence integer not null -- How often.
    revised_at timestamp with time zone not null -- When last, by lifecycle.now().
    constraint session_revisions_pkey PRIMARY KEY (session_id)
    constraint session_revisions_session_id_fkey FOREIGN KEY (session_id) REFERENCES workshop.workshop_sessions(id) ON DELETE CASCADE
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment How often sessions were moved, cancelled or restored: the SEQUENCE of calendars. No row: never.

table workshop.settings
    id boolean not null default true -- Always true.
    offer_valid_for interval not null default '04:00:00'::interval -- How long an offer to somebody on the waiting list is valid.
    rules text not null default 'enforce'::text -- enforce: violations of rules are refused. observe: they are allowed and recorded in broken_rules; an adopted database
begins like this. Overbooking and double booking are always refused.
    order_numbers text not null default 'creator'::text -- creator: order numbers are unique for each creator. all: unique in the installation.
    timezone text not null -- IANA time zone of sessions that name none; at first the server's.
    currency character varying(3) -- ISO 4217 code for workshops and orders that name none; null: none.
    keep_personal interval -- How long after its last session an order, an enrollment or a waiting list entry keeps names and addresses; null:
forever. Housekeeping erases them.
    country_code text -- Country code that phone numbers without one have, such as 965; null: numbers are compared as they are.
    completion_share numeric not null default 1 -- Share of a session's days that somebody has to attend to complete it, above 0 and at most 1.
    constraint settings_completion_share_check CHECK (((completion_share > (0)::numeric) AND (completion_share <= (1)::numeric)))
    constraint settings_country_code_check CHECK ((country_code ~ '^[1-9][0-9]{0,3}$'::text))
    constraint settings_currency_check CHECK (((currency)::text ~ '^[A-Z]{3}$'::text))
    constraint settings_keep_personal_check CHECK ((keep_personal > '00:00:00'::interval))
    constraint settings_offer_valid_for_check CHECK ((offer_valid_for > '00:00:00'::interval))
    constraint settings_one_row_check CHECK (id)
    constraint settings_order_numbers_check CHECK ((order_numbers = ANY (ARRAY['creator'::text, 'all'::text])))
    constraint settings_pkey PRIMARY KEY (id)
    constraint settings_rules_check CHECK ((rules = ANY (ARRAY['enforce'::text, 'observe'::text])))
    CREATE TRIGGER zz_100_validate_timezone BEFORE INSERT OR UPDATE OF timezone ON workshop.settings FOR EACH ROW EXECUTE FUNCTION lifecycle.validate_timezone()
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Settings of this schema; one row, changed by its owner.

table workshop.stale_runs
    id bigint not null identity always -- Key, growing.
    run_id uuid not null -- Key of the run; it may be gone.
    noted_at timestamp with time zone not null default now() -- When a session of it changed.
    constraint stale_runs_pkey PRIMARY KEY (id)
    CREATE INDEX stale_runs_run_id_idx ON workshop.stale_runs USING btree (run_id)
    CREATE CONSTRAINT TRIGGER zz_100_follow_run AFTER INSERT ON workshop.stale_runs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION workshop.follow_stale_run()
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Runs whose status and dates have to follow their sessions. A change of a session adds a row; it is deleted at the end of that transaction if the run is not locked, else by the next tick. No foreign key, which would wait for a transaction that deletes the run.

table workshop.status_changes
    id bigint not null identity always -- Key, growing.
    machine text not null -- Which status, as in status_rules, such as workshop.session.
    subject_id text not null -- Key of the session, run, order or waiting list entry that moved, as text; stays if that row is deleted.
    from_status text not null -- Status before.
    to_status text not null -- Status after.
    cause text not null -- person, seats or clock.
    changed_by text not null -- Database role that made the change: that of SET ROLE, else the login role.
    actor text not null -- Who acted, as the application says (setting sessionbook.actor, else the claim sub of the token), else the login role;
no proof. Personal.
    changed_at timestamp with time zone not null -- When, by lifecycle.now().
    constraint status_changes_cause_check CHECK ((cause = ANY (ARRAY['person'::text, 'seats'::text, 'clock'::text])))
    constraint status_changes_pkey PRIMARY KEY (id)
    CREATE INDEX status_changes_changed_at_idx ON workshop.status_changes USING btree (changed_at)
    CREATE INDEX status_changes_machine_subject_id_idx ON workshop.status_changes USING btree (machine, subject_id)
    CREATE TRIGGER zz_600_record_events AFTER INSERT ON workshop.status_changes REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION workshop.record_status_events()
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Every move of a status in this schema, in order.

table workshop.waitlist_entries
    id uuid not null default gen_random_uuid() -- Key.
    session_id uuid -- Session waited for; null: a whole run.
    student_name character varying(255) not null -- Name of the student. Personal.
    student_email character varying(255) -- Address of the student, unique among those who wait for a session; null: not given. Personal.
    student_phone character varying(50) -- Phone number of the student; null: not given. Personal.
    seats integer not null default 1 -- Seats wanted; 1 or more.
    priority integer not null default 0 -- Higher ones are offered seats first.
    status character varying(20) not null default 'waiting'::character varying -- waiting, offered (seats are held until offer_expires_at), redeemed, expired, left (the student left the list) or closed
(the session was cancelled, or started without them); the last four are final.
    joined_at timestamp with time zone not null default now() -- When they joined; with the same priority, the earlier goes first. Always later than those already waiting for the
session.
    offered_at timestamp with time zone -- When they were offered seats; null: never.
    offer_expires_at timestamp with time zone -- Until when the offer is valid; null: never made.
    enrollment_id uuid -- The enrollment made from the offer; null: none.
    run_id uuid -- Run waited for as a whole; null: a session.
    run_entry_id uuid -- Entry for the whole run, if this row holds seats of one of its sessions for it; null: none.
    constraint waitlist_entries_enrollment_id_fkey FOREIGN KEY (enrollment_id) REFERENCES workshop.enrollments(id) ON DELETE SET NULL
    constraint waitlist_entries_offer_check CHECK ((((status)::text <> 'offered'::text) OR (offer_expires_at IS NOT NULL)))
    constraint waitlist_entries_pkey PRIMARY KEY (id)
    constraint waitlist_entries_run_entry_id_fkey FOREIGN KEY (run_entry_id) REFERENCES workshop.waitlist_entries(id) ON DELETE CASCADE
    constraint waitlist_entries_run_id_fkey FOREIGN KEY (run_id) REFERENCES workshop.workshop_runs(id) ON DELETE CASCADE
    constraint waitlist_entries_seats_check CHECK (((seats >= 1) AND (seats <= 10000)))
    constraint waitlist_entries_session_id_fkey FOREIGN KEY (session_id) REFERENCES workshop.workshop_sessions(id) ON DELETE CASCADE
    constraint waitlist_entries_status_check CHECK (((status)::text = ANY ((ARRAY['waiting'::character varying, 'offered'::character varying, 'redeemed'::character varying, 'expired'::character varying, 'left'::character varying, 'closed'::character varying])::text[])))
    constraint waitlist_entries_subject_check CHECK (((session_id IS NULL) <> (run_id IS NULL)))
    CREATE UNIQUE INDEX waitlist_entries_active_key ON workshop.waitlist_entries USING btree (session_id, lower(((student_email)::text COLLATE "C"))) WHERE ((status)::text = ANY ((ARRAY['waiting'::character varying, 'offered'::character varying])::text[]))
    CREATE UNIQUE INDEX waitlist_entries_active_run_key ON workshop.waitlist_entries USING btree (run_id, lower(((student_email)::text COLLATE "C"))) WHERE (((status)::text = ANY ((ARRAY['waiting'::character varying, 'offered'::character varying])::text[])) AND (run_id IS NOT NULL))
    CREATE INDEX waitlist_entries_enrollment_id_idx ON workshop.waitlist_entries USING btree (enrollment_id)
    CREATE INDEX waitlist_entries_offer_expires_at_idx ON workshop.waitlist_entries USING btree (offer_expires_at) WHERE ((status)::text = 'offered'::text)
    CREATE INDEX waitlist_entries_queue_idx ON workshop.waitlist_entries USING btree (session_id, priority DESC, joined_at, id) WHERE ((status)::text = 'waiting'::text)
    CREATE INDEX waitlist_entries_run_entry_id_idx ON workshop.waitlist_entries USING btree (run_entry_id) WHERE (run_entry_id IS NOT NULL)
    CREATE INDEX waitlist_entries_run_id_idx ON workshop.waitlist_entries USING btree (run_id) WHERE (run_id IS NOT NULL)
    CREATE INDEX waitlist_entries_run_offers_idx ON workshop.waitlist_entries USING btree (offer_expires_at) WHERE (((status)::text = 'offered'::text) AND (run_id IS NOT NULL))
    CREATE INDEX waitlist_entries_run_queue_idx ON workshop.waitlist_entries USING btree (run_id, priority DESC, joined_at, id) WHERE (((status)::text = 'waiting'::text) AND (run_id IS NOT NULL))
    CREATE INDEX waitlist_entries_session_id_joined_at_idx ON workshop.waitlist_entries USING btree (session_id, joined_at)
    CREATE INDEX waitlist_entries_session_id_offer_expires_at_idx ON workshop.waitlist_entries USING btree (session_id, offer_expires_at) WHERE ((status)::text = 'offered'::text)
    CREATE INDEX waitlist_entries_settled_idx ON workshop.waitlist_entries USING btree (joined_at) WHERE ((status)::text = ANY ((ARRAY['redeemed'::character varying, 'expired'::character varying, 'left'::character varying, 'closed'::character varying])::text[]))
    CREATE TRIGGER zz_200_enforce_status BEFORE UPDATE OF status ON workshop.waitlist_entries FOR EACH ROW WHEN (((old.status)::text IS DISTINCT FROM (new.status)::text)) EXECUTE FUNCTION workshop.enforce_status('workshop.waitlist')
    CREATE TRIGGER zz_500_record_status_change AFTER UPDATE OF status ON workshop.waitlist_entries FOR EACH ROW WHEN (((old.status)::text IS DISTINCT FROM (new.status)::text)) EXECUTE FUNCTION workshop.record_status_change('workshop.waitlist')
    CREATE TRIGGER zz_610_record_waiting AFTER INSERT ON workshop.waitlist_entries FOR EACH ROW EXECUTE FUNCTION workshop.record_waiting()
    acl sessionbook_app=SELECT sessionbook_reader=SELECT(enrollment_id),SELECT(id),SELECT(joined_at),SELECT(offer_expires_at),SELECT(offered_at),SELECT(priority),SELECT(run_entry_id),SELECT(run_id),SELECT(seats),SELECT(session_id),SELECT(status),SELECT(student_name)
    comment Waiting lists: who waits for seats in a session, and how it ended.

table workshop.workshop_runs
    id uuid not null default gen_random_uuid() -- Key.
    workshop_id uuid not null -- Workshop that is run.
    run_name character varying(255) not null -- Name of the run.
    run_name_ar character varying(255) -- Name in Arabic; null: not translated.
    start_date date not null -- First day; that of its sessions once it has any.
    end_date date -- Last day; that of its sessions once it has any. Null: not known.
    status character varying(20) not null default 'upcoming'::character varying -- upcoming, active, full, completed or cancelled; follows the sessions.
    created_at timestamp with time zone not null default now() -- When the row was made.
    updated_at timestamp with time zone not null default now() -- When the row last changed.
    is_default boolean not null default false -- True: gathers the sessions that were given no run; at most one a workshop.
    idempotency_key text -- What the caller made up for one clone; the same key again gives this run. Null: none.
    idempotency_request jsonb -- What idempotency_key was used for; null: no key.
    price numeric(10,3) -- Price of one seat in all sessions of the run, in units of the workshop's currency; null: the workshop's price.
    constraint workshop_runs_dates_check CHECK (((end_date >= start_date) AND isfinite(start_date) AND isfinite(end_date)))
    constraint workshop_runs_id_workshop_id_key UNIQUE (id, workshop_id)
    constraint workshop_runs_pkey PRIMARY KEY (id)
    constraint workshop_runs_price_check CHECK (((price >= (0)::numeric) AND (price <> 'NaN'::numeric)))
    constraint workshop_runs_status_check CHECK (((status)::text = ANY ((ARRAY['upcoming'::character varying, 'active'::character varying, 'full'::character varying, 'completed'::character varying, 'cancelled'::character varying])::text[])))
    constraint workshop_runs_workshop_id_fkey FOREIGN KEY (workshop_id) REFERENCES workshop.workshops(id) ON DELETE CASCADE
    CREATE UNIQUE INDEX workshop_runs_default_key ON workshop.workshop_runs USING btree (workshop_id) WHERE is_default
    CREATE UNIQUE INDEX workshop_runs_workshop_id_idempotency_key_key ON workshop.workshop_runs USING btree (workshop_id, idempotency_key) WHERE (idempotency_key IS NOT NULL)
    CREATE INDEX workshop_runs_workshop_id_start_date_idx ON workshop.workshop_runs USING btree (workshop_id, start_date)
    CREATE TRIGGER zz_100_refuse_deletion BEFORE DELETE ON workshop.workshop_runs FOR EACH ROW EXECUTE FUNCTION workshop.refuse_deletion('run')
    CREATE TRIGGER zz_200_enforce_initial_status BEFORE INSERT ON workshop.workshop_runs FOR EACH ROW WHEN (((new.status)::text IS DISTINCT FROM 'upcoming'::text)) EXECUTE FUNCTION workshop.enforce_status('workshop.run')
    CREATE TRIGGER zz_200_enforce_status BEFORE UPDATE ON workshop.workshop_runs FOR EACH ROW WHEN (((old.status)::text IS DISTINCT FROM (new.status)::text)) EXECUTE FUNCTION workshop.enforce_status('workshop.run')
    CREATE TRIGGER zz_500_record_status_change AFTER UPDATE ON workshop.workshop_runs FOR EACH ROW WHEN (((old.status)::text IS DISTINCT FROM (new.status)::text)) EXECUTE FUNCTION workshop.record_status_change('workshop.run')
    CREATE TRIGGER zz_900_touch_updated_at BEFORE UPDATE ON workshop.workshop_runs FOR EACH ROW WHEN ((((((((((((((old.id IS DISTINCT FROM new.id) OR (old.workshop_id IS DISTINCT FROM new.workshop_id)) OR ((old.run_name)::text IS DISTINCT FROM (new.run_name)::text)) OR ((old.run_name_ar)::text IS DISTINCT FROM (new.run_name_ar)::text)) OR (old.start_date IS DISTINCT FROM new.start_date)) OR (old.end_date IS DISTINCT FROM new.end_date)) OR ((old.status)::text IS DISTINCT FROM (new.status)::text)) OR (old.created_at IS DISTINCT FROM new.created_at)) OR (old.updated_at IS DISTINCT FROM new.updated_at)) OR (old.is_default IS DISTINCT FROM new.is_default)) OR (old.idempotency_key IS DISTINCT FROM new.idempotency_key)) OR (old.idempotency_request IS DISTINCT FROM new.idempotency_request)) OR (old.price IS DISTINCT FROM new.price))) EXECUTE FUNCTION lifecycle.touch_updated_at()
    acl sessionbook_app=SELECT sessionbook_reader=SELECT sessionbook_writer=DELETE,INSERT,UPDATE
    comment Sessions of a workshop that belong together, such as "July 2025 Batch".

table workshop.workshop_sessions with fillfactor=90, autovacuum_vacuum_scale_factor=0.02
    id uuid not null default gen_random_uuid() -- Key.
    workshop_id uuid not null -- Workshop that the session is of.
    session_date date not null -- First day, in the session's time zone.
    start_time time without time zone not null -- Local start on the first day.
    end_time time without time zone -- Local end on the last day; at or before start_time on a single day: the next day. Null: after duration hours.
    duration numeric(4,2) -- Length in hours, used if end_time is null.
    timezone text not null -- IANA time zone in which dates and times are meant; left out on insert: as settings says.
    location character varying(500) -- Where it takes place.
    location_ar character varying(500) -- Where it takes place, in Arabic.
    max_attendees integer default 0 -- Seats; 0 or null: unlimited.
    current_attendees integer not null default 0 -- Seats taken, including held and offered ones. Capacity is checked against it.
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
    over_at timestamp with time zone not null -- Midnight after the day on which it ends, when the clock completes it; follows dates, times, duration and zone.
    booking_opens_at timestamp with time zone -- When booking opens; null: always open.
    booking_closes_at timestamp with time zone -- When booking closes; null: at the start.
    cancel_until timestamp with time zone -- Until when a student's enrollment may be cancelled; null: until the start.
    waiting_count integer not null default 0 -- People on the waiting list without an offer; while there are any, nobody else gets a seat.
    min_attendees integer -- Seats that must be taken by decide_at for the session to take place; null or 0: no minimum.
    decide_at timestamp with time zone -- When the clock checks whether min_attendees is reached; null: never.
    minimum_asked_at timestamp with time zone -- When the clock checked min_attendees; it checks again after a later decide_at. Null: never.
    constraint workshop_sessions_known_check CHECK (((status)::workshop.known_session_status IS NOT NULL))
    constraint workshop_sessions_pkey PRIMARY KEY (id)
    constraint workshop_sessions_run_id_workshop_id_fkey FOREIGN KEY (run_id, workshop_id) REFERENCES workshop.workshop_runs(id, workshop_id) ON DELETE SET NULL (run_id)
    constraint workshop_sessions_workshop_id_fkey FOREIGN KEY (workshop_id) REFERENCES workshop.workshops(id) ON DELETE CASCADE
    CREATE INDEX workshop_sessions_decide_at_idx ON workshop.workshop_sessions USING btree (decide_at) WHERE ((min_attendees > 0) AND ((minimum_asked_at IS NULL) OR (minimum_asked_at < decide_at)))
    CREATE INDEX workshop_sessions_over_at_idx ON workshop.workshop_sessions USING btree (over_at, id) WHERE ((status)::text = ANY ((ARRAY['upcoming'::character varying, 'active'::character varying, 'full'::character varying])::text[]))
    CREATE INDEX workshop_sessions_run_id_workshop_id_idx ON workshop.workshop_sessions USING btree (run_id, workshop_id)
    CREATE INDEX workshop_sessions_starts_at_idx ON workshop.workshop_sessions USING btree (starts_at, id) WHERE ((status)::text <> 'completed'::text)
    CREATE INDEX workshop_sessions_waiting_idx ON workshop.workshop_sessions USING btree (status, starts_at) WHERE (waiting_count > 0)
    CREATE INDEX workshop_sessions_workshop_id_starts_at_idx ON workshop.workshop_sessions USING btree (workshop_id, starts_at, id)
    CREATE TRIGGER zz_005_default_timezone BEFORE INSERT ON workshop.workshop_sessions FOR EACH ROW WHEN ((new.timezone IS NULL)) EXECUTE FUNCTION workshop.default_timezone()
    CREATE TRIGGER zz_010_complete_by_flag BEFORE INSERT OR UPDATE OF is_completed ON workshop.workshop_sessions FOR EACH ROW WHEN ((new.is_completed AND ((new.status)::text <> ALL ((ARRAY['completed'::character varying, 'cancelled'::character varying])::text[])))) EXECUTE FUNCTION workshop.complete_by_flag()
    CREATE TRIGGER zz_020_reopen_by_flag BEFORE UPDATE OF is_completed ON workshop.workshop_sessions FOR EACH ROW WHEN ((((old.status)::text = 'completed'::text) AND ((new.status)::text = 'completed'::text) AND (NOT new.is_completed) AND (new.over_at > lifecycle.now()))) EXECUTE FUNCTION workshop.complete_by_flag()
    CREATE TRIGGER zz_050_enforce_status BEFORE UPDATE OF status ON workshop.workshop_sessions FOR EACH ROW WHEN ((((old.status)::text IS DISTINCT FROM (new.status)::text) AND (NOT (((old.current_attendees IS DISTINCT FROM new.current_attendees) OR (old.max_attendees IS DISTINCT FROM new.max_attendees)) AND ((old.status)::text = ANY ((ARRAY['upcoming'::character varying, 'active'::character varying, 'full'::character varying])::text[])) AND ((new.status)::text = ANY ((ARRAY['upcoming'::character varying, 'active'::character varying, 'full'::character varying])::text[])))))) EXECUTE FUNCTION workshop.enforce_status('workshop.session')
    CREATE TRIGGER zz_060_validate_timezone BEFORE INSERT OR UPDATE OF timezone ON workshop.workshop_sessions FOR EACH ROW EXECUTE FUNCTION lifecycle.validate_timezone()
    CREATE TRIGGER zz_070_derive_instants BEFORE INSERT OR UPDATE OF session_date, end_date, session_dates, start_time, end_time, duration, timezone, last_date, starts_at, ends_at, over_at, booking_opens_at, booking_closes_at ON workshop.workshop_sessions FOR EACH ROW EXECUTE FUNCTION workshop.derive_session_instants()
    CREATE TRIGGER zz_080_refuse_negative_counts BEFORE INSERT OR UPDATE OF max_attendees, min_attendees, waiting_count ON workshop.workshop_sessions FOR EACH ROW WHEN ((LEAST(new.max_attendees, new.min_attendees, new.waiting_count) < 0)) EXECUTE FUNCTION workshop.refuse_negative_counts()
    CREATE TRIGGER zz_100_derive_status BEFORE INSERT OR UPDATE OF current_attendees, max_attendees ON workshop.workshop_sessions FOR EACH ROW EXECUTE FUNCTION workshop.derive_session_status()
    CREATE TRIGGER zz_100_refuse_deletion BEFORE DELETE ON workshop.workshop_sessions FOR EACH ROW EXECUTE FUNCTION workshop.refuse_deletion('session')
    CREATE TRIGGER zz_120_validate_run_id BEFORE INSERT OR UPDATE OF run_id, workshop_id ON workshop.workshop_sessions FOR EACH ROW WHEN ((new.run_id IS NOT NULL)) EXECUTE FUNCTION workshop.validate_session_run_id()
    CREATE TRIGGER zz_200_enforce_initial_status BEFORE INSERT ON workshop.workshop_sessions FOR EACH ROW WHEN (((new.status)::text IS DISTINCT FROM 'upcoming'::text)) EXECUTE FUNCTION workshop.enforce_status('workshop.session')
    CREATE TRIGGER zz_300_translate_status BEFORE UPDATE OF status, status_ar, is_completed ON workshop.workshop_sessions FOR EACH ROW EXECUTE FUNCTION lifecycle.translate_status('workshop.session')
    CREATE TRIGGER zz_310_mirror_completion BEFORE INSERT OR UPDATE OF status, is_completed ON workshop.workshop_sessions FOR EACH ROW WHEN ((new.is_completed IS DISTINCT FROM ((new.status)::text = 'completed'::text))) EXECUTE FUNCTION workshop.mirror_completion()
    CREATE TRIGGER zz_500_record_session_move AFTER UPDATE ON workshop.workshop_sessions FOR EACH ROW WHEN (((old.status)::text IS DISTINCT FROM (new.status)::text)) EXECUTE FUNCTION workshop.record_session_move()
    CREATE TRIGGER zz_600_reseat_restored AFTER UPDATE OF status, is_completed ON workshop.workshop_sessions FOR EACH ROW WHEN ((((old.status)::text = ANY ((ARRAY['cancelled'::character varying, 'completed'::character varying])::text[])) AND ((new.status)::text = 'upcoming'::text) AND (new.current_attendees > 0))) EXECUTE FUNCTION workshop.reseat_restored_session()
    CREATE TRIGGER zz_610_record_created AFTER INSERT ON workshop.workshop_sessions FOR EACH ROW EXECUTE FUNCTION workshop.record_session_event()
    CREATE TRIGGER zz_610_record_moved AFTER UPDATE OF session_date, end_date, start_time, end_time, timezone, session_dates, starts_at, ends_at ON workshop.workshop_sessions FOR EACH ROW WHEN (((old.starts_at IS DISTINCT FROM new.starts_at) OR (old.ends_at IS DISTINCT FROM new.ends_at))) EXECUTE FUNCTION workshop.record_session_event()
    CREATE TRIGGER zz_620_revise AFTER UPDATE OF session_date, end_date, start_time, end_time, timezone, session_dates, starts_at, ends_at, location, status ON workshop.workshop_sessions FOR EACH ROW WHEN (((old.starts_at IS DISTINCT FROM new.starts_at) OR (old.ends_at IS DISTINCT FROM new.ends_at) OR ((old.location)::text IS DISTINCT FROM (new.location)::text) OR (((old.status)::text = 'cancelled'::text) <> ((new.status)::text = 'cancelled'::text)))) EXECUTE FUNCTION workshop.revise_session()
    CREATE TRIGGER zz_650_shorten_holds AFTER UPDATE OF session_date, start_time, timezone, booking_closes_at ON workshop.workshop_sessions FOR EACH ROW WHEN (((new.starts_at < old.starts_at) OR (new.booking_closes_at IS DISTINCT FROM old.booking_closes_at))) EXECUTE FUNCTION workshop.shorten_holds()
    CREATE TRIGGER zz_700_note_deleted_sessions AFTER DELETE ON workshop.workshop_sessions REFERENCING OLD TABLE AS listed FOR EACH STATEMENT EXECUTE FUNCTION workshop.note_listed_runs()
    CREATE TRIGGER zz_700_note_inserted_sessions AFTER INSERT ON workshop.workshop_sessions REFERENCING NEW TABLE AS listed FOR EACH STATEMENT EXECUTE FUNCTION workshop.note_listed_runs()
    CREATE TRIGGER zz_700_note_stale_runs AFTER UPDATE OF run_id, session_date, end_date, session_dates ON workshop.workshop_sessions FOR EACH ROW WHEN (((((old.run_id IS DISTINCT FROM new.run_id) OR (old.session_date IS DISTINCT FROM new.session_date)) OR (old.end_date IS DISTINCT FROM new.end_date)) OR (old.session_dates IS DISTINCT FROM new.session_dates))) EXECUTE FUNCTION workshop.note_stale_runs()
    CREATE TRIGGER zz_900_touch_updated_at BEFORE UPDATE OF workshop_id, session_date, start_time, end_time, duration, timezone, location, location_ar, is_completed, notes, notes_ar, end_date, day_count, total_days, session_dates, status, status_ar, session_number, run_id, metadata, booking_opens_at, booking_closes_at, cancel_until, min_attendees, decide_at ON workshop.workshop_sessions FOR EACH ROW WHEN (((((((((((((((((((((((((((old.workshop_id IS DISTINCT FROM new.workshop_id) OR (old.session_date IS DISTINCT FROM new.session_date)) OR (old.start_time IS DISTINCT FROM new.start_time)) OR (old.end_time IS DISTINCT FROM new.end_time)) OR (old.duration IS DISTINCT FROM new.duration)) OR (old.timezone IS DISTINCT FROM new.timezone)) OR ((old.location)::text IS DISTINCT FROM (new.location)::text)) OR ((old.location_ar)::text IS DISTINCT FROM (new.location_ar)::text)) OR (old.is_completed IS DISTINCT FROM new.is_completed)) OR (old.notes IS DISTINCT FROM new.notes)) OR (old.notes_ar IS DISTINCT FROM new.notes_ar)) OR (old.end_date IS DISTINCT FROM new.end_date)) OR (old.day_count IS DISTINCT FROM new.day_count)) OR (old.total_days IS DISTINCT FROM new.total_days)) OR (old.session_dates IS DISTINCT FROM new.session_dates)) OR ((old.status)::text IS DISTINCT FROM (new.status)::text)) OR ((old.status_ar)::text IS DISTINCT FROM (new.status_ar)::text)) OR (old.session_number IS DISTINCT FROM new.session_number)) OR (old.run_id IS DISTINCT FROM new.run_id)) OR (old.metadata IS DISTINCT FROM new.metadata)) OR (old.booking_opens_at IS DISTINCT FROM new.booking_opens_at)) OR (old.booking_closes_at IS DISTINCT FROM new.booking_closes_at)) OR (old.cancel_until IS DISTINCT FROM new.cancel_until)) OR (old.min_attendees IS DISTINCT FROM new.min_attendees)) OR (old.decide_at IS DISTINCT FROM new.decide_at)) OR (old.updated_at IS DISTINCT FROM new.updated_at))) EXECUTE FUNCTION lifecycle.touch_updated_at()
    acl sessionbook_app=SELECT sessionbook_reader=SELECT sessionbook_writer=DELETE,INSERT,UPDATE
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
    currency character varying(3) -- ISO 4217 code of the price; left out on insert: as settings says. Null: not given.
    duration integer -- Length of the whole workshop in minutes; null: not given.
    max_students integer not null default 0 -- Seats suggested for new sessions; 0: unlimited. Sessions keep their own limit.
    status character varying(20) not null default 'published'::character varying -- draft, published or archived; only what is published is sold, and only while is_active.
    is_active boolean not null default false -- True: on sale, if it is published and the shop is open.
    is_free boolean not null default false -- True: nothing is charged, even if there is a price.
    is_recurring boolean not null default false -- True: repeated by recurrence_type.
    recurrence_type character varying(20) -- weekly, monthly or yearly; null: not repeated.
    workshop_type character varying(20) not null default 'single'::character varying -- single, consecutive, spread or custom: how its days are spread.
    sort_order integer not null default 0 -- Place in the shop, lowest first.
    created_at timestamp with time zone not null default now() -- When the row was made.
    updated_at timestamp with time zone not null default now() -- When the row last changed.
    search_text text not null default ''::text -- Name and titles, folded by lifecycle._fold_name() and without spaces, a bar between: what searches read. A trigger
derives it.
    constraint workshops_creator_id_fkey FOREIGN KEY (creator_id) REFERENCES workshop.creators(id) ON DELETE RESTRICT
    constraint workshops_pkey PRIMARY KEY (id)
    constraint workshops_price_check CHECK ((price >= (0)::numeric))
    constraint workshops_recurrence_type_check CHECK (((recurrence_type)::text = ANY ((ARRAY['weekly'::character varying, 'monthly'::character varying, 'yearly'::character varying])::text[])))
    constraint workshops_status_check CHECK (((status)::text = ANY ((ARRAY['draft'::character varying, 'published'::character varying, 'archived'::character varying])::text[])))
    constraint workshops_workshop_type_check CHECK (((workshop_type)::text = ANY ((ARRAY['single'::character varying, 'consecutive'::character varying, 'spread'::character varying, 'custom'::character varying])::text[])))
    CREATE INDEX workshops_creator_id_idx ON workshop.workshops USING btree (creator_id)
    CREATE TRIGGER zz_100_default_currency BEFORE INSERT ON workshop.workshops FOR EACH ROW WHEN ((new.currency IS NULL)) EXECUTE FUNCTION workshop.default_currency()
    CREATE TRIGGER zz_100_default_title BEFORE INSERT ON workshop.workshops FOR EACH ROW WHEN ((new.title IS NULL)) EXECUTE FUNCTION workshop.default_workshop_title()
    CREATE TRIGGER zz_100_refuse_deletion BEFORE DELETE ON workshop.workshops FOR EACH ROW EXECUTE FUNCTION workshop.refuse_deletion('workshop')
    CREATE TRIGGER zz_200_derive_search_text BEFORE INSERT OR UPDATE OF name, title, title_ar, search_text ON workshop.workshops FOR EACH ROW EXECUTE FUNCTION workshop.derive_workshop_search()
    CREATE TRIGGER zz_900_touch_updated_at BEFORE UPDATE ON workshop.workshops FOR EACH ROW WHEN ((((((((((((((((((((((old.id IS DISTINCT FROM new.id) OR (old.creator_id IS DISTINCT FROM new.creator_id)) OR ((old.name)::text IS DISTINCT FROM (new.name)::text)) OR ((old.title)::text IS DISTINCT FROM (new.title)::text)) OR ((old.title_ar)::text IS DISTINCT FROM (new.title_ar)::text)) OR (old.description IS DISTINCT FROM new.description)) OR (old.description_ar IS DISTINCT FROM new.description_ar)) OR (old.price IS DISTINCT FROM new.price)) OR ((old.currency)::text IS DISTINCT FROM (new.currency)::text)) OR (old.duration IS DISTINCT FROM new.duration)) OR (old.max_students IS DISTINCT FROM new.max_students)) OR ((old.status)::text IS DISTINCT FROM (new.status)::text)) OR (old.is_active IS DISTINCT FROM new.is_active)) OR (old.is_free IS DISTINCT FROM new.is_free)) OR (old.is_recurring IS DISTINCT FROM new.is_recurring)) OR ((old.recurrence_type)::text IS DISTINCT FROM (new.recurrence_type)::text)) OR ((old.workshop_type)::text IS DISTINCT FROM (new.workshop_type)::text)) OR (old.sort_order IS DISTINCT FROM new.sort_order)) OR (old.created_at IS DISTINCT FROM new.created_at)) OR (old.updated_at IS DISTINCT FROM new.updated_at)) OR (old.search_text IS DISTINCT FROM new.search_text))) EXECUTE FUNCTION lifecycle.touch_updated_at()
    acl sessionbook_app=SELECT sessionbook_reader=SELECT sessionbook_writer=DELETE,INSERT,UPDATE
    comment Workshops for sale; their dates are in workshop_sessions.

view lifecycle.health with security_invoker=true
    last_tick_at timestamp with time zone -- When the newest completed tick was done, wall-clock time; null: never.
    seconds_since_tick bigint -- Seconds since then.
    sessions_overdue bigint -- Sessions that are due and have not moved, over all schemas; without those given up.
    overdue_by_schema jsonb -- The same by schema, such as {"workshop": 3}; schemas without any are left out.
    steps_retrying bigint -- Failed steps that will be tried again.
    steps_given_up bigint -- Failed steps that were given up: remove the cause and call retry_failed_step().
    reminders_waiting bigint -- Reminders that are due and not sent.
    oldest_reminder_seconds bigint -- Seconds that the oldest of them has waited; null: there is none.
    healthy boolean -- False: something in reason needs a person.
    reason text -- What is wrong, and which schemas are paused; empty: nothing.
    acl sessionbook_common=SELECT
    comment One row: whether the clock runs and nothing is overdue. Alert if healthy is false; docs/operations.md tells what to do. It covers the installations whose failed_steps the reader may read; for sessionbook_monitor all.

view lifecycle.overview with security_invoker=true
    schema_name text -- Schema of the installation.
    unit text -- Its unit, such as workshop.
    state text -- ok; overdue (something is due and has not moved yet); given_up (steps wait for a person); failing (see error); or
paused.
    overdue bigint -- Sessions that are due and have not moved, without those given up.
    oldest_overdue_at timestamp with time zone -- Since when the oldest of them is due; null: none is.
    retrying bigint -- Failed steps that will be tried again.
    given_up bigint -- Failed steps that were given up: remove the cause and call retry_failed_step().
    reminders_waiting bigint -- Reminders that are due and not sent.
    oldest_reminder_at timestamp with time zone -- Since when the oldest of them is due; null: none is.
    held_by text -- Processes and prepared transactions that have locked what is due; null: none.
    error text -- The newest failure of its clock, or of reading it; null: none.
    acl sessionbook_common=SELECT
    comment One row an installation whose failed_steps the reader may read (sessionbook_monitor: all): what its clock has to do and what blocks it, as of lifecycle.now(). lifecycle.health combines all of them in one row.

view sessionbook._yoyo_migration with security_invoker=true
    migration_hash character varying(64) -- Hash of the id; says nothing of the content.
    migration_id character varying(255) -- File name without ending.
    applied_at_utc timestamp without time zone -- When it was applied, UTC.
    acl sessionbook_monitor=SELECT
    comment Applied migrations, in the format of yoyo-migrations 9.

view sessionbook._yoyo_version with security_invoker=true
    version integer -- Its number.
    installed_at_utc timestamp without time zone -- Not kept.
    acl sessionbook_monitor=SELECT
    comment Format of the view above.

view training.attendee_conflicts with security_invoker=true
    personnel_id text -- The person with the conflict.
    first_name text -- Given name.
    last_name text -- Family name.
    session_id text -- Key of the session.
    course_id text -- What it teaches.
    status training.session_status -- DRAFT, SCHEDULED or COMPLETED.
    start_time timestamp with time zone -- When it starts.
    end_time timestamp with time zone -- When it ends.
    other_session_id text -- Key of the other session.
    other_course_id text -- What the other one teaches.
    other_status training.session_status -- DRAFT, SCHEDULED or COMPLETED.
    other_start_time timestamp with time zone -- When the other one starts.
    other_end_time timestamp with time zone -- When the other one ends.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment People on the lists of two sessions that overlap, drafts included; one row for each of the two sessions. Cancelled and deleted sessions and no-shows are left out. This is a warning only.

view training.clock_health with security_invoker=true
    overdue bigint -- Compliance items that have expired and not lapsed, without those given up.
    oldest_overdue_at timestamp with time zone -- Since when the oldest of them is due; null: there is none.
    retrying bigint -- Failed steps that will be tried again.
    given_up bigint -- Failed steps that were given up.
    reminders_waiting bigint -- Reminders due and not sent; training sends none.
    oldest_reminder_at timestamp with time zone -- Since when the oldest of them is due; null: there is none.
    comment What waits for the clock in this schema, one row; lifecycle.health combines all schemas.

view training.no_show_rates with security_invoker=true
    course_id text -- Key of the course.
    course_title text -- Name of the course.
    attendees bigint -- People on the lists of completed sessions.
    no_shows bigint -- Those who did not come.
    no_show_percent numeric -- The same in percent, with one decimal.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment How often people who were on the list did not come, by course. Give a course_id; page by course_id.

view training.personal_data with security_invoker=true
    table_name text -- Table.
    column_name text -- Column.
    data_type text -- Its type.
    description text -- Its comment.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Columns of this schema's tables with personal data: those whose comments end with "Personal.".

view training.rule_violations with security_invoker=true
    rule text -- Key of the error that it would be, such as illegal_transition.
    machine text -- What it is a rule of.
    from_value text -- What was there before; null: nothing.
    to_value text -- What was written; null: nothing.
    changed_by text -- Role that wrote it.
    times bigint -- How often.
    first_noted_at timestamp with time zone -- When first, as far as history is kept.
    last_noted_at timestamp with time zone -- When last.
    look_for text -- What to look for in the application.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment What would be refused if settings.rules were enforce instead of observe, with counts. Once no new rows appear, you can switch.

view training.session_alerts with security_invoker=true
    session_id text -- Key of the session.
    course_id text -- What is taught.
    course_title text -- Name of the course.
    status training.session_status -- DRAFT or SCHEDULED.
    start_time timestamp with time zone -- When it starts; null: not decided yet.
    end_time timestamp with time zone -- When it ends; null: not decided yet.
    alert text -- over_capacity: more attendees than the venue holds. not_completed: scheduled and past its end. draft_due: a draft that
starts within seven days, or should have started. no_qualified_trainer: nobody is qualified for the course, or its
trainer is not. course_deleted, trainer_deleted, venue_deleted, attendees_deleted: they are soft-deleted, and the
session has not taken place. attendee_conflict: somebody on its list is on that of another session at the same time.
absence: its trainer is absent or its venue closed, which was entered after it was scheduled.
    since timestamp with time zone -- Since when that is so; null: not known.
    details jsonb -- Details of the alert, an object.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment What needs attention: one row for each planned or scheduled session and reason, as of lifecycle.now().

view training.session_board with security_invoker=true
    session_id text -- Key of the session.
    course_id text -- What is taught.
    course_title text -- Name of the course.
    status training.session_status -- DRAFT, SCHEDULED, COMPLETED or CANCELLED.
    status_ar text -- The status in Arabic.
    start_time timestamp with time zone -- When it starts; null: not decided yet.
    end_time timestamp with time zone -- When it ends; null: not decided yet.
    trainer_id text -- Who teaches; null: nobody yet.
    trainer_name text -- Name of the trainer; empty: nobody yet.
    venue_id text -- The venue; null: not decided yet.
    venue_name text -- Name of the venue; null: not decided yet.
    venue_capacity integer -- How many people it holds; null: not decided yet.
    attendee_count integer -- How many people are on the list.
    severity text -- Of the worst alert: error, warning or info; null: no alert.
    alert_text text -- The worst alert in words, such as Venue Capacity Exceeded (25/20).; null: no alert.
    alert_text_ar text -- The same in Arabic; null: no alert.
    alerts text[] -- All its alerts, the worst first, as in session_alerts.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment The planning board: one row a session with trainer, venue, attendees and its worst alert as of lifecycle.now(). Give a span of start_time (drafts without one: start_time is null); page by start_time and session_id.

view training.session_roster with security_invoker=true
    session_id text -- Key of the session.
    session_status training.session_status -- DRAFT, SCHEDULED, COMPLETED or CANCELLED.
    session_status_ar text -- The status of the session in Arabic.
    course_id text -- What is taught.
    course_title text -- Name of the course.
    start_time timestamp with time zone -- When it starts; null: not decided yet.
    end_time timestamp with time zone -- When it ends; null: not decided yet.
    trainer_id text -- Who teaches; null: nobody yet.
    trainer_first_name text -- Given name of the trainer; null: nobody yet.
    trainer_last_name text -- Family name of the trainer; null: nobody yet.
    venue_id text -- The venue; null: not decided yet.
    venue_name text -- Name of the room; null: not decided yet.
    venue_capacity integer -- How many people it holds; null: not decided yet.
    attendee_count integer -- How many people are on the session's list.
    personnel_id text -- Who attends.
    first_name text -- Given name of the attendee.
    last_name text -- Family name of the attendee.
    status training.attendance_status -- REGISTERED, ATTENDED or NO_SHOW.
    status_ar text -- The status of the attendee in Arabic.
    remarks text -- What there is to say about this attendee; null: nothing.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Class lists: one row an attendee of a session that is not deleted.

view training.status_rules with security_invoker=true
    machine text -- Which status: unit and subject, such as training.session.
    from_status text -- Status before the move.
    to_status text -- Status after the move.
    cause text -- Who may make the move; in training a person only.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Every allowed change of every status of this unit, one row for each cause. Other changes are refused.

view tutoring.clock_health with security_invoker=true
    overdue bigint -- Sessions that are due to start or to complete and have not moved, without those given up.
    oldest_overdue_at timestamp with time zone -- Since when the oldest of them is due; null: there is none.
    retrying bigint -- Failed steps that will be tried again.
    given_up bigint -- Failed steps that were given up.
    reminders_waiting bigint -- Reminders that a courier could claim now, including those whose lease ran out.
    oldest_reminder_at timestamp with time zone -- Since when the oldest of them waits; null: there is none.
    comment What waits for the clock and for couriers in this schema, one row; lifecycle.health combines all schemas.

view tutoring.no_show_rates with security_invoker=true
    tutor_id integer -- Key of the tutor; null: nobody.
    tutor_name character varying(255) -- Name of the tutor.
    enrolled_courses_id integer -- Key of the course.
    course_name character varying(255) -- Name of the course.
    sessions bigint -- Sessions that took place or were missed by the student.
    no_shows bigint -- Those that the student missed.
    no_show_percent numeric -- The same in percent, with one decimal.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment How often students did not come, by course. Give a tutor_id or enrolled_courses_id; page by enrolled_courses_id.

view tutoring.personal_data with security_invoker=true
    table_name text -- Table.
    column_name text -- Column.
    data_type text -- Its type.
    description text -- Its comment.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Columns of this schema's tables with personal data: those whose comments end with "Personal.".

view tutoring.rule_violations with security_invoker=true
    rule text -- Key of the error that it would be, such as illegal_transition.
    machine text -- What it is a rule of.
    from_value text -- What was there before; null: nothing.
    to_value text -- What was written; null: nothing.
    changed_by text -- Role that wrote it.
    times bigint -- How often.
    first_noted_at timestamp with time zone -- When first, as far as history is kept.
    last_noted_at timestamp with time zone -- When last.
    look_for text -- What to look for in the application.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment What would be refused if settings.rules were enforce instead of observe, with counts. Once no new rows appear, you can switch.

view tutoring.session_conflicts with security_invoker=true
    who text -- tutor or student.
    person_id integer -- Key of the tutor or student.
    person_name character varying(255) -- Name of the tutor or student.
    session_id integer -- One session, the lower key of the two.
    other_session_id integer -- The other session.
    overlap_starts_at timestamp with time zone -- When the overlap begins.
    overlap_ends_at timestamp with time zone -- When the overlap ends.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Pairs of sessions that are not over (as of lifecycle.now()) and overlap, so that a tutor or a student would be in two places at once. If one begins when the other ends, it is no conflict.

view tutoring.session_history with security_invoker=true
    session_id integer -- Key of the session.
    enrolled_courses_id integer -- Course that the session is of; null: none.
    course_name character varying(255) -- Name of the course.
    student_id integer -- Key of the student.
    student_name character varying(255) -- Name of the student.
    tutor_id integer -- Key of the tutor; null: nobody yet.
    tutor_name character varying(255) -- Name of the tutor.
    session_date date -- Local day of the start.
    start_time time without time zone -- Local start.
    end_time time without time zone -- Local end; at or before start_time: on the next day.
    timezone text -- IANA time zone of date and times.
    starts_at timestamp with time zone -- Instant of the start.
    ends_at timestamp with time zone -- Instant of the end.
    status character varying(20) -- scheduled, in_progress, completed, cancelled or no_show.
    status_ar text -- The status in Arabic.
    is_past boolean -- True: it has ended by lifecycle.now().
    student_attendance_status character varying(20) -- Whether the student came, such as present.
    tutor_attendance_status character varying(20) -- Whether the tutor came, such as present.
    topics json -- Topics planned, an array of texts.
    topics_covered json -- Topics covered, an array of texts.
    session_mode character varying(50) -- How it is held, such as online.
    location character varying(255) -- Where it takes place; null: not given.
    whiteboard_id integer -- Whiteboard of the session; null: none.
    whiteboard_name character varying(255) -- Name of the whiteboard.
    times_moved integer -- How often it was moved to another time.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Past and future lessons, with their people, attendance and topics. Give a student_id, tutor_id or enrolled_courses_id; page by starts_at and session_id.

view tutoring.session_messages with security_invoker=true
    session_id integer -- Key of the session.
    starts_at timestamp with time zone -- Instant of the start.
    alarm_at timestamp with time zone -- Instant of the alarm; null: none is wanted.
    student_id integer -- Student of the session; null: it has no course.
    is_off boolean -- True: the session does not take place: deleted, cancelled, no-show.
    obstacle text -- Why no reminder may go out: session_deleted, session_cancelled (or another status), no_course, no_phone_number; null:
nothing stands in the way.
    recipient text -- Phone number of the student; null: not given. Personal.
    message jsonb -- student, tutor, course, session_date, start_time, end_time, timezone, starts_at, session_mode, location.
    session_mode text -- How the session takes place, as in message.
    location text -- Where it takes place, as in message.
    acl sessionbook_app=SELECT
    comment What a reminder of a session would say, to whom, and what prevents it. Personal.

view tutoring.session_workflows with security_invoker=true
    session_id integer -- Key of the session.
    enrolled_courses_id integer -- Course that the session is of; null: none.
    status character varying(20) -- scheduled or in_progress.
    starts_at timestamp with time zone -- Instant of the start.
    ends_at timestamp with time zone -- Instant of the end.
    next_step text -- queue_reminders, start_sessions or complete_sessions.
    next_step_at timestamp with time zone -- When that is due.
    overdue boolean -- True: due, but not yet done by a tick.
    reminder_id bigint -- Reminder of this start; null: not yet queued.
    reminder_state text -- queued, claimed, sent, failed, skipped, missed or prevented; null: not yet queued.
    reminder_reason text -- Why it was skipped, missed or prevented.
    reminder_attempts integer -- How often couriers claimed it.
    failed_step_id bigint -- Key in failed_steps if the next step failed; null: it did not.
    failed_message text -- The error message.
    failed_attempts integer -- How often it was tried.
    given_up boolean -- True: the clock does not try again; retry_failed_step() does.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Every live session, scheduled or in progress: what comes next and when, as of lifecycle.now(), and how its reminder stands. Give a session_id or enrolled_courses_id, or page by starts_at and session_id. Let the first page begin some days ago (starts_at >= ...): without a start the query reads all past sessions.

view tutoring.status_rules with security_invoker=true
    machine text -- Which status: unit and subject, such as tutoring.session.
    from_status text -- Status before the move.
    to_status text -- Status after the move.
    cause text -- Who may make the move: person (a caller), clock (the tick).
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Every allowed change of every status of this unit, one row for each cause. Other changes are refused.

view tutoring.upcoming_sessions with security_invoker=true
    session_id integer -- Key of the session.
    session_date date -- Local day of the start.
    start_time time without time zone -- Local start.
    end_time time without time zone -- Local end; at or before start_time: on the next day.
    timezone text -- IANA time zone of date and times.
    starts_at timestamp with time zone -- Instant of the start.
    ends_at timestamp with time zone -- Instant of the end.
    duration integer -- Length in minutes; null: not given.
    status character varying(20) -- scheduled.
    session_mode character varying(50) -- How it is held, such as online.
    location character varying(255) -- Where it takes place; null: not given.
    topics json -- Topics planned, an array of texts.
    is_featured boolean -- True: shown first.
    enrolled_courses_id integer -- Course that the session is of; null: none.
    course_name character varying(255) -- Name of the course.
    student_id integer -- Key of the student.
    student_name character varying(255) -- Name of the student.
    tutor_id integer -- Key of the tutor; null: nobody yet.
    tutor_name character varying(255) -- Name of the tutor.
    whiteboard_id integer -- Whiteboard of the session; null: none.
    whiteboard_name character varying(255) -- Name of the whiteboard.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Scheduled sessions that start after lifecycle.now(), with people and place.

view tutoring.workflow_log with security_invoker=true
    logged_at timestamp with time zone -- When, by lifecycle.now().
    session_id integer -- Session that the step was of.
    step text -- reminder, alarm, changed, cancelled (messages), start, complete, cancel, no_show, schedule or reschedule.
    outcome text -- done, queued, skipped, missed, prevented or failed.
    detail text -- The move, the reason or the error.
    attempts integer -- How often it was tried.
    cause text -- clock or person.
    changed_by text -- Role that did it; null: a courier, or nobody yet.
    actor text -- Who did it, as the application says, or the courier; null: nobody yet.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Every step of every session: done, skipped and why, failed and how often. Give a session_id, or a span of logged_at (a day, say), which is then read as a whole; order by logged_at.

view workshop.attendee_conflicts with security_invoker=true
    enrollment_id uuid -- Key of the enrollment.
    student_name character varying(255) -- The person with the conflict.
    session_id uuid -- Key of the session.
    workshop_id uuid -- Workshop that it is of.
    starts_at timestamp with time zone -- When it starts.
    ends_at timestamp with time zone -- When it ends.
    other_enrollment_id uuid -- Key of the other enrollment.
    other_session_id uuid -- Key of the other session.
    other_workshop_id uuid -- Workshop that the other one is of.
    other_starts_at timestamp with time zone -- When the other one starts.
    other_ends_at timestamp with time zone -- When the other one ends.
    acl sessionbook_app=SELECT
    comment People who are enrolled in two sessions at the same time. People are the same by the rule of enroll(): the same e-mail address, or the same phone number if one of the two has no address. One row for each of the two sessions. Past and cancelled sessions are left out; sessions over several days conflict on a day that both have. This is a warning only.

view workshop.certificates with security_invoker=true
    enrollment_id uuid -- Key of the enrollment.
    session_id uuid -- Session that was attended.
    workshop_id uuid -- Workshop that it is of.
    run_id uuid -- Run that it is of; null: none.
    run_booking_id uuid -- The same for all sessions of a run that was booked as a whole; null: booked alone.
    student_name character varying(255) -- Who completed it.
    title character varying(255) -- Title of the workshop.
    title_ar character varying(255) -- Title in Arabic; null: not translated.
    creator_name character varying(255) -- Who gave it.
    creator_name_ar character varying(255) -- Name in Arabic; null: not translated.
    first_day date -- First local day.
    last_day date -- Last local day.
    days_attended bigint -- Days that the student came.
    days bigint -- Days that the session had.
    completion_status_ar text -- The word for completed, in Arabic.
    completed_at timestamp with time zone -- When the last mark was made; null: none, completion was written by hand.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Data for certificates, in English and Arabic: successful enrollments whose completion_status is completed.

view workshop.clock_health with security_invoker=true
    overdue bigint -- Sessions, holds, offers and runs that are due and have not moved, without those given up.
    oldest_overdue_at timestamp with time zone -- Since when the oldest of them is due; null: there is none.
    retrying bigint -- Failed steps that will be tried again.
    given_up bigint -- Failed steps that were given up.
    reminders_waiting bigint -- Reminders due and not sent; workshops send none.
    oldest_reminder_at timestamp with time zone -- Since when the oldest of them is due; null: there is none.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment What waits for the clock in this schema, one row; lifecycle.health combines all schemas.

view workshop.fill_rates with security_invoker=true
    creator_id uuid -- Who gives the workshop.
    workshop_id uuid -- Key of the workshop.
    workshop_name character varying(255) -- Name of the workshop.
    workshop_name_ar character varying(255) -- Title of the workshop in Arabic; null: not translated.
    sessions bigint -- Sessions that are over.
    seats bigint -- Seats that they had.
    taken bigint -- Seats that were taken.
    fill_percent numeric -- Seats taken in percent, with one decimal.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment How full a workshop's sessions were: those that are over and had limited seats. Give a creator_id or workshop_id; page by workshop_id.

view workshop.lead_times with security_invoker=true
    creator_id uuid -- Who gives the workshop.
    workshop_id uuid -- Key of the workshop.
    workshop_name character varying(255) -- Name of the workshop.
    workshop_name_ar character varying(255) -- Title of the workshop in Arabic; null: not translated.
    bookings bigint -- Bookings that were not cancelled.
    median_days numeric -- Median time from booking to start, in days of 24 hours.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment How long before a session its seats were booked, by workshop. Give a creator_id or workshop_id; page by workshop_id.

view workshop.order_balance with security_invoker=true
    order_id uuid -- Key of the order.
    order_item_id uuid -- Key of the item.
    currency character varying(3) -- ISO 4217 code of the amounts.
    total numeric(10,3) -- Price when it was ordered.
    cancelled numeric -- The part that is no longer due: seats that were cancelled, given up, or not paid in time.
    due numeric -- Price of the seats that the item has now.
    paid numeric -- What was paid and not refunded. An order's money counts first for what is due.
    refundable numeric -- What was paid and is not due, to be refunded.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment The balance of each item of an order, in the order's currency. The balance of an order is the sum of its items.

view workshop.order_tracking with security_invoker=true
    order_id uuid -- Key of the order.
    order_item_id uuid -- Key of the item.
    creator_id uuid -- Who sells.
    order_number character varying(50) -- Number that the buyer knows; unique per creator.
    status character varying -- pending, paid, cancelled (also: its hold has just run out) or refunded.
    status_ar text -- The status in Arabic.
    held_until timestamp with time zone -- Until when the seats are held for payment; null: they are not.
    ordered_at timestamp with time zone -- When the order was made.
    workshop_id uuid -- Workshop that was bought.
    workshop_name character varying(255) -- Name of the workshop, as ordered.
    workshop_name_ar character varying(255) -- The name in Arabic, as ordered; null: not translated.
    run_id uuid -- Run that was bought; null: none.
    session_id uuid -- Session that was bought; null: not decided.
    session_date date -- First local day of the session.
    start_time time without time zone -- Local start on the first day.
    end_time time without time zone -- Local end on the last day; null: by duration.
    timezone text -- IANA time zone of date and times.
    starts_at timestamp with time zone -- Instant of the start.
    location character varying(500) -- Where it takes place; null: not given.
    location_ar character varying(500) -- The place in Arabic; null: not translated.
    session_status character varying(20) -- upcoming, active, full, completed or cancelled, as last stored.
    session_status_ar text -- The status of the session in Arabic.
    quantity integer -- Seats ordered.
    price numeric(10,3) -- Price of one seat when it was ordered, in units of currency.
    subtotal numeric(10,3) -- Price of the item when it was ordered.
    currency character varying(3) -- ISO 4217 code of the amounts.
    due numeric -- Price of the seats that the item has now.
    paid numeric -- What was paid for the item and not refunded.
    refundable numeric -- What was paid and is not due, to be refunded.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Orders as their buyers see them: one row an item, with its session, what is due and until when the seats are held, as of lifecycle.now(). Give an order_id; page by ordered_at and order_item_id. track_order() serves buyers without an account.

view workshop.organizer_runs with security_invoker=true
    run_id uuid -- Key of the run.
    creator_id uuid -- Who gives the workshop.
    workshop_id uuid -- Workshop that is run.
    workshop_name character varying(255) -- Name of the workshop.
    workshop_name_ar character varying(255) -- Title of the workshop in Arabic; null: not translated.
    run_name character varying(255) -- Name of the run.
    run_name_ar character varying(255) -- Name of the run in Arabic; null: not translated.
    status text -- upcoming, active, full, completed or cancelled.
    status_ar text -- The status in Arabic.
    start_date date -- First local day.
    end_date date -- Last local day.
    next_session_at timestamp with time zone -- Instant at which the next session starts; null: none left.
    total_sessions bigint -- Sessions, cancelled ones included.
    cancelled_sessions bigint -- Sessions cancelled.
    full_sessions bigint -- Sessions not over with no seat left.
    total_capacity bigint -- Seats in all; null: at least one session is unlimited.
    total_enrolled bigint -- Seats taken, held and offered ones included.
    seats_left bigint -- Seats left in sessions not over; null: at least one is unlimited.
    waiting integer -- People who wait for a seat or have been offered one.
    currency character varying(3) -- ISO 4217 code of the amounts.
    amount_due numeric -- Price of the ordered seats that are still taken.
    amount_paid numeric -- What was paid for them and not refunded.
    amount_refundable numeric -- What was paid and is not due, to be refunded.
    can_repeat boolean -- True: clone_workshop_sessions() has sessions to copy.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment What an organizer manages: one row a run with its status, seats and money as of lifecycle.now(). Give a creator_id; page by start_date and run_id.

view workshop.personal_data with security_invoker=true
    table_name text -- Table.
    column_name text -- Column.
    data_type text -- Its type.
    description text -- Its comment.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Columns of this schema's tables with personal data: those whose comments end with "Personal.".

view workshop.revenue_by_month with security_invoker=true
    creator_id uuid -- Who sold.
    month date -- First day of the month, UTC.
    currency character varying(3) -- ISO 4217 code of the amounts.
    paid numeric -- Payments.
    refunded numeric -- Refunds.
    revenue numeric -- Payments less refunds.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Payments and refunds by creator, month (UTC) and currency. Give a creator_id; page by month.

view workshop.rule_violations with security_invoker=true
    rule text -- Key of the error that it would be, such as illegal_transition.
    machine text -- What it is a rule of.
    from_value text -- What was there before; null: nothing.
    to_value text -- What was written; null: nothing.
    changed_by text -- Role that wrote it.
    times bigint -- How often.
    first_noted_at timestamp with time zone -- When first, as far as history is kept.
    last_noted_at timestamp with time zone -- When last.
    look_for text -- What to look for in the application.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment What would be refused if settings.rules were enforce instead of observe, with counts. Once no new rows appear, you can switch.

view workshop.seat_audit with security_invoker=true
    session_id uuid -- Key of the session; null if there is none, and for an order.
    problem text -- overbooked (more attendees than seats), drift (counter and enrollments disagree), waiting_count (that counter and the
waiting list disagree), orphan_hold (seats held that nobody can pay for), double_enrollment (the same student twice),
offer_revived (an offer that was used or ran out is open again), paid_without_seat (paid, but not enrolled),
seat_of_closed_order (enrolled, but the order was cancelled or refunded by hand), person_without_session (enrolled in no
session), status_against_counter (upcoming, active or full does not match the counter), paid_less_than_due (an order set
to paid by hand), offer_without_hold (offered, and not counted).
    detail text -- What was found, in words.
    ids uuid[] -- Keys of the enrollments, waitlist_entries or orders at fault; empty: the session itself.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Contradictions about seats and their money, one row each, in sessions that are not over and in their orders; no rows: all is well. audit_seats(true) also checks past sessions.

view workshop.seat_drift with security_invoker=true
    session_id uuid -- Key of the session.
    workshop_id uuid -- Workshop that the session is of.
    session_date date -- First local day.
    status character varying(20) -- Stored status of the session.
    current_attendees integer -- Seats taken, by the counter that capacity is checked against.
    enrolled bigint -- Seats of enrollments (successful and pending) and of offers to people who waited.
    drift bigint -- Counter less enrolled. Above 0: seats taken without an enrollment; below 0: people without a seat.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Sessions whose seat counter and enrollments disagree, for applications that write both themselves; recount_seats() repairs one.

view workshop.session_attendees with security_invoker=true
    enrollment_id uuid -- Key of the enrollment.
    session_id uuid -- Session that the seat is in; null: not decided.
    workshop_id uuid -- Workshop enrolled in.
    student_name character varying(255) -- Name of the student.
    student_email character varying(255) -- Address of the student; null: not given. Personal.
    student_phone character varying(50) -- Phone number of the student; null: not given. Personal.
    seats integer -- Seats taken.
    status character varying(20) -- successful or pending.
    status_ar text -- The status in Arabic.
    is_held boolean -- True: held until it is paid or held_until has passed.
    held_until timestamp with time zone -- Until when the seats are held; null: for good.
    is_paid boolean -- True: the order of the seats is paid.
    total_price numeric(10,3) -- What the seats cost, in units of currency.
    currency character varying(3) -- ISO 4217 code of the price.
    order_id uuid -- Order of the seats; null: none.
    order_number character varying(50) -- Number of that order; null: none.
    completion_status character varying(20) -- enrolled, in_progress, completed or dropped.
    completion_status_ar text -- The same in Arabic; null: not said.
    enrolled_at timestamp with time zone -- When the student enrolled.
    acl sessionbook_app=SELECT
    comment Attendees of a session, and people whose seats are held, as of lifecycle.now(). Give a session_id; page by enrolled_at and enrollment_id.

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
    current_attendees integer -- Seats taken, held and offered ones included.
    available_seats integer -- Seats left, including those whose hold ran out; null: unlimited; 0 for a session that is cancelled or over, and while
people wait.
    calculated_status character varying -- upcoming, active, full, completed (its last day has passed in its own zone) or cancelled, as of lifecycle.now().
    run_id uuid -- Run that the session belongs to; null: none.
    run_name character varying(255) -- Name of the run; null: none.
    creator_name character varying(255) -- Who gives the workshop.
    creator_username character varying(100) -- Handle of the creator.
    availability text -- free; held (no seat left, but some are only held for an order or for the waiting list); sold_out; closed (cancelled,
over, started, or outside its booking window).
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Sessions of workshops on sale (published and active, the shop open) with the seats left and the status as of lifecycle.now(), which is correct between two ticks too.

view workshop.sessions_below_minimum with security_invoker=true
    session_id uuid -- Key of the session.
    workshop_id uuid -- Workshop that it is of.
    run_id uuid -- Run that it belongs to; null: none.
    creator_id uuid -- Creator, who decides.
    title character varying(255) -- Title of the workshop.
    title_ar character varying(255) -- Title in Arabic; null: not translated.
    starts_at timestamp with time zone -- Instant of the start.
    min_attendees integer -- Seats that have to be taken.
    attendees integer -- Seats taken, held and offered ones included.
    decide_at timestamp with time zone -- When the minimum has to be reached.
    minimum_asked_at timestamp with time zone -- When the clock checked the minimum.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Future and running sessions that have too few people although decide_at has passed. Cancel one with cancel_session(), which returns the people to inform, or set a later decide_at.

view workshop.status_rules with security_invoker=true
    machine text -- Which status: unit and subject, such as workshop.session.
    from_status text -- Status before the move.
    to_status text -- Status after the move.
    cause text -- Who may make the move: person (a caller), seats (the seat counters), clock (the tick).
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment Every allowed change of every status of this unit, one row for each cause. Other changes are refused.

view workshop.store_sessions with security_invoker=true
    session_id uuid -- Key of the session.
    workshop_id uuid -- Workshop that the session is of.
    run_id uuid -- Run that the session belongs to; null: none.
    creator_id uuid -- Who sells.
    creator_username character varying(100) -- Handle of the creator.
    title character varying(255) -- Title of the workshop.
    title_ar character varying(255) -- The title in Arabic; null: not translated.
    description text -- What the workshop is about; null: not given.
    description_ar text -- The description in Arabic; null: not translated.
    price numeric -- Price of one seat, 0 if it is free, in units of currency.
    currency character varying(3) -- ISO 4217 code of the price.
    run_name character varying(255) -- Name of the run; null: none.
    run_name_ar character varying(255) -- Name of the run in Arabic; null: not translated.
    location character varying(500) -- Where it takes place; null: not given.
    location_ar character varying(500) -- The place in Arabic; null: not translated.
    session_date date -- First local day.
    last_date date -- Last local day.
    session_dates jsonb -- Days of a spread session, an array of dates; else null.
    total_days integer -- Days that the workshop has in all.
    start_time time without time zone -- Local start on the first day.
    end_time time without time zone -- Local end on the last day; null: by duration.
    timezone text -- IANA time zone of dates and times.
    starts_at timestamp with time zone -- Instant of the start.
    ends_at timestamp with time zone -- Instant of the end.
    status character varying -- upcoming, active, full or cancelled.
    status_ar text -- The status in Arabic.
    seats_left integer -- Seats left; null: unlimited; 0 while people wait.
    is_bookable boolean -- True: at least one seat can be booked now.
    badge text -- full; waiting_list (people are waiting, and get seats first); few_left (three seats or fewer); cancelled; null: nothing
to show.
    badge_ar text -- The badge in Arabic; null: nothing to show.
    bookable_until timestamp with time zone -- Instant at which booking closes.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment The sessions that a shop shows: on sale and not over, with seats left and a badge as of lifecycle.now(). Give a creator_id or workshop_id, or neither for all shops; page by starts_at and session_id.

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
    total_enrolled bigint -- Seats taken, including held and offered ones, without those whose hold ran out.
    full_sessions bigint -- Sessions not over with no seat left.
    status text -- upcoming, active, full, completed or cancelled, computed from its sessions; without sessions, the stored one.
    creator_id uuid -- Who gives the workshop.
    upcoming_sessions bigint -- Sessions without attendees yet.
    active_sessions bigint -- Sessions with attendees and seats left.
    completed_sessions bigint -- Sessions whose last day has passed.
    cancelled_sessions bigint -- Sessions cancelled.
    seats_left bigint -- Seats left in sessions not over, none while people wait; null: at least one is unlimited.
    next_session_at timestamp with time zone -- Instant at which the next session starts; null: none left.
    seat_price numeric -- Price of one seat in all sessions of the run, in units of currency.
    currency text -- ISO 4217 code of the price.
    run_name_ar character varying(255) -- Name of the run in Arabic; null: not translated.
    acl sessionbook_app=SELECT sessionbook_reader=SELECT
    comment One row a run: its sessions, seats and status as of lifecycle.now(). Cancelled sessions count in total_sessions and cancelled_sessions only.

function lifecycle._calendar_event(p_uid text, p_sequence integer, p_now timestamp with time zone, p_starts_at timestamp with time zone, p_ends_at timestamp with time zone, p_is_off boolean, p_summary text, p_location text, p_description text) returns text
    sql immutable security invoker parallel safe set search_path=lifecycle, pg_temp
    comment A VEVENT of RFC 5545. p_uid: its key, which never changes; p_sequence: how often it was changed; p_now: when this is written; p_starts_at, p_ends_at: from when to when; p_is_off: true if it does not take place; p_summary, p_location, p_description: texts, null: none. Returns text. Raises nothing.

function lifecycle._calendar_line(p_name text, p_value text) returns text
    plpgsql immutable security invoker parallel safe set search_path=lifecycle, pg_temp
    comment A content line of RFC 5545, folded. p_name: of the property, with its parameters; p_value: its value, escaped already; null: there is none. Returns text that ends with its line break, empty if there is no value. Raises nothing.

function lifecycle._calendar_text(p_text text) returns text
    sql immutable security invoker parallel safe set search_path=lifecycle, pg_temp
    comment A text as value of RFC 5545: backslash, semicolon, comma and line breaks escaped. p_text: any text. Returns it, null for an empty one. Raises nothing.

function lifecycle._calendar(p_name text, p_events text[]) returns text
    sql immutable security invoker parallel safe set search_path=lifecycle, pg_temp
    comment A VCALENDAR of RFC 5545. p_name: what calendars show as its name; p_events: as _calendar_event() returns them. Returns text. Raises nothing.

function lifecycle._check_deferred(p_schema_name text) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=lifecycle, pg_temp
    comment Checks at once what an installation's deferrable constraints have queued, and leaves each as it was declared. p_schema_name: schema of the installation. Returns nothing. Raises what the constraints raise.

function lifecycle._describe_holder(p_pid integer, p_transaction text) returns text
    sql stable security invoker parallel safe set search_path=lifecycle, pg_temp
    comment Who holds a lock, in words that help to find the process. p_pid, p_transaction: pid and virtualtransaction of its row of pg_locks. Returns the number of the process, its role, application and, if it may be read, since when its transaction is open; of a prepared transaction its identifier, role and since when; null if it is gone. Raises nothing.

function lifecycle._erase_traces(p_schema_name text, p_texts text[]) returns bigint
    plpgsql volatile security invoker parallel unsafe set search_path=lifecycle, pg_temp
    comment Erases somebody as the actor in history, also in what the rest of this transaction records, and from messages of failed steps and errors of failed passes. p_schema_name: schema of the installation; p_texts: addresses, numbers and names of the person, in any case; those of one or two characters are ignored. Returns how many rows were changed. Raises PT409 schema_not_ours.

function lifecycle._fold_name(p_name text) returns text
    sql immutable security invoker parallel safe strict set search_path=lifecycle, pg_temp
    comment A name in the form used for sorting and searching: lower case, without accents, apostrophes and other marks, Arabic letters in one form each, words separated by one space instead of a hyphen, a comma or the like. p_name: the name. Returns text; null for null. Raises nothing.

function lifecycle._holders(p_xmax xid[]) returns text
    plpgsql volatile security invoker parallel unsafe set search_path=lifecycle, pg_temp
    comment Who holds rows. p_xmax: the rows' xmax. Returns the processes and prepared transactions, null if nobody holds them. Raises nothing.

function lifecycle._is_clock(p_depth integer) returns boolean
    sql volatile security invoker parallel unsafe
    comment Whether the engine of steps makes a move. p_depth: depth of triggers outside of the statement that makes it. Returns boolean. Raises nothing for those who leave the setting lifecycle.clock_xact alone.

function lifecycle._is_owner() returns boolean
    sql stable security invoker parallel safe set search_path=lifecycle, pg_temp
    comment Whether the login role is a member of the owner of schema lifecycle. No arguments. Returns boolean. Raises nothing.

function lifecycle._is_superuser(p_role oid) returns boolean
    sql stable security invoker parallel safe set search_path=lifecycle, pg_temp
    comment Whether a role is a superuser. p_role: number of the role. Returns boolean, false for a role that is gone. Raises nothing.

function lifecycle._names_somebody(p_text text, p_texts text[], p_phones text[]) returns boolean
    sql immutable security invoker parallel safe set search_path=lifecycle, pg_temp
    comment Whether a message names a person. p_text: the message; p_texts: names, addresses and numbers in lower case; p_phones: numbers as phone_key() makes them. Returns a boolean. Raises nothing.

function lifecycle._number_events(p_schema_name text, p_limit integer DEFAULT 10000) returns bigint
    plpgsql volatile security invoker parallel unsafe set search_path=lifecycle, pg_temp
    comment Gives positions to the oldest events of an installation that have none, and says so on the channel sessionbook_events if the setting notify_events is on. p_schema_name: schema of the installation; p_limit: most events (default 10000). Returns how many; 0 also if another call is numbering them, or nothing may be written. Raises nothing of its own.

function lifecycle._pass(p_schema_name text, p_now timestamp with time zone, p_limit integer, p_steps text[], p_failed_ids bigint[]) returns TABLE(step text, moved bigint, failed bigint)
    plpgsql volatile security invoker parallel unsafe set search_path=lifecycle, pg_temp
    comment Does an installation's steps() for all that is due at once, or one by one if that fails. What fails then is recorded in failed_steps and tried again after 1, 4, 16 and 64 minutes, up to max_attempts. After 20 rows that are locked the step ends. p_schema_name: schema; p_now: time to judge by; p_limit: most rows a step; p_steps: only these; p_failed_ids: only these failed steps (null: all due). Returns step, moved, failed of each. Raises errors of no row.

function lifecycle._purge_events(p_schema_name text, p_before timestamp with time zone, p_limit integer) returns bigint
    plpgsql volatile security invoker parallel unsafe set search_path=lifecycle, pg_temp
    comment Numbers events of an installation that nobody has read, and deletes the oldest. p_schema_name: schema of the installation; p_before: older than this (null: none); p_limit: most rows of each. Returns how many were numbered and deleted; 0: nothing is left to do. Raises PT409 schema_not_ours.

function lifecycle._purge_installation(p_schema_name text, p_before timestamp with time zone, p_limit integer) returns bigint
    plpgsql volatile security invoker parallel unsafe set search_path=lifecycle, pg_temp
    comment Deletes the oldest status changes and broken rules of an installation and what its own _purge_history() deletes, and erases what its _erase_old() erases. p_schema_name: schema of the installation; p_before: older than this (null: none); p_limit: most rows of each kind. Returns how many rows were deleted or erased; 0: nothing is left to do. Raises PT409 schema_not_ours.

function lifecycle._refuse_move(p_schema_name text, p_machine text, p_from text, p_to text, p_cause text) returns void
    plpgsql stable security invoker parallel unsafe set search_path=lifecycle, pg_temp
    comment Refuses a move of a status that no rule allows, and returns if there is nothing to refuse: a new row, a row without a status, the same status. p_schema_name: installation whose status_rules count; p_machine: such as workshop.session; p_from, p_to: statuses before and after (null: none); p_cause: person or clock. Returns nothing. Raises PT400 unknown_status, PT409 illegal_transition (detail: the moves allowed from here).

function lifecycle._require_contact(p_email text, p_phone text) returns void
    plpgsql immutable security invoker parallel safe set search_path=lifecycle, pg_temp
    comment Refuses a search with neither address nor number. p_email, p_phone: of the person, null: not known. Returns nothing. Raises PT400 contact_missing, PT400 text_too_long.

function lifecycle._require_fresh_transaction() returns void
    plpgsql stable security invoker parallel unsafe set search_path=lifecycle, pg_temp
    comment Refuses a transaction that has written, unless the login role is a member of the owner of schema lifecycle. No arguments. Returns nothing. Raises PT409 transaction_has_written.

function lifecycle._require_trusted(p_schema_name text) returns void
    plpgsql stable security invoker parallel unsafe set search_path=lifecycle, pg_temp
    comment Refuses an installation whose schema, or anything in it, belongs to somebody else than the owner of schema lifecycle or a superuser. p_schema_name: schema of the installation. Returns nothing. Raises PT409 schema_not_ours, PT409 row_security_forced.

function lifecycle._row_holders(p_schema_name text, p_now timestamp with time zone) returns text
    plpgsql volatile security invoker parallel unsafe set search_path=lifecycle, pg_temp
    comment Who holds rows of an installation that are due. p_schema_name: schema of the installation, which has due_steps(); p_now: time to judge by. Returns the processes and prepared transactions, null if there are none. Raises nothing of its own.

function lifecycle._table_holders(p_schema_name text) returns text
    sql volatile security invoker parallel unsafe set search_path=lifecycle, pg_temp
    comment Who has locked whole tables of an installation. p_schema_name: schema of the installation. Returns the tables and the processes or prepared transactions, null if there are none. Raises nothing.

function lifecycle._words_to_find(p_search text) returns text[]
    plpgsql immutable security invoker parallel safe set search_path=lifecycle, pg_temp
    comment What a search asks of a name that _fold_name() made and that has lost its spaces: to be like all of these, whatever their order. p_search: words or parts of words, at most 200 characters; null or nothing but marks: everything. Returns an array of patterns. Raises PT400 search_too_long.

function lifecycle.actor() returns text
    sql stable security invoker parallel restricted
    acl sessionbook_common
    comment Who acts, as the application says: the setting sessionbook.actor, else the claim sub of the setting request.jwt.claims (PostgREST), else the login role. No arguments. Returns text of at most 200 characters. Raises nothing.

function lifecycle.advance(p_schema_name text, p_now timestamp with time zone DEFAULT NULL::timestamp with time zone, p_limit integer DEFAULT 5000, p_steps text[] DEFAULT NULL::text[]) returns TABLE(step text, moved bigint, failed bigint)
    plpgsql volatile security definer parallel unsafe set search_path=lifecycle, pg_temp, lock_timeout=2s, jit=off
    comment One pass of the clock over one installation. p_schema_name: its schema; p_now: time to judge by, for the owner only (default lifecycle.now()); p_limit: most rows a step, 1 to 1000000 (default 5000); p_steps: only these (default all). Returns step, moved, failed, one row a step (what failed is in failed_steps); no row if the installation is unknown, paused or being moved by somebody else; one row named advance with failed = 1 if the pass failed (the reason is in lifecycle.clocks.last_error and in the server's log). Raises PT400 invalid_limit.

function lifecycle.announce_events() returns void
    plpgsql volatile security definer parallel unsafe set search_path=lifecycle, pg_temp
    acl sessionbook_clock
    comment Gives positions to new events of all installations, and notifies the channel sessionbook_events if the setting notify_events is on. run_tick() calls it. No arguments. Returns nothing. Raises PT409 transaction_has_written.

function lifecycle.changed_by() returns text
    sql stable security invoker parallel safe set search_path=lifecycle, pg_temp
    acl sessionbook_common
    comment The database role that history names: the one of SET ROLE, else the login role. No arguments. Returns text. Raises nothing.

function lifecycle.clock_health() returns TABLE(schema_name text, unit text, enabled boolean, overdue bigint, oldest_overdue_at timestamp with time zone, retrying bigint, given_up bigint, reminders_waiting bigint, oldest_reminder_at timestamp with time zone, held_by text, error text)
    plpgsql volatile security definer parallel unsafe set search_path=lifecycle, pg_temp, lock_timeout=500ms
    acl sessionbook_common
    comment What waits for the clock in every installation whose failed_steps the caller may read; in all of them if the caller may read clocks, as sessionbook_monitor may. No arguments. Returns one row an installation: its schema and unit; whether its clock is enabled; sessions due and not moved, without those given up, and since when the oldest one is; failed steps that are being retried and that were given up; reminders due and not sent, and since when the oldest one is; held_by: which processes or prepared transactions hold what is due, null if nobody does; error: the newest failure of its clock, or of this query. Raises nothing of its own.

function lifecycle.due_clocks(p_now timestamp with time zone DEFAULT NULL::timestamp with time zone) returns text[]
    plpgsql volatile security definer parallel unsafe set search_path=lifecycle, pg_temp, lock_timeout=2s, jit=off
    acl sessionbook_clock
    comment Installations in which the clock may have something to do. p_now: time to judge by, for the owner only (default lifecycle.now()). Returns their schemas in order. Raises PT400 invalid_fake_now.

function lifecycle.fake_now() returns timestamp with time zone
    plpgsql stable security definer parallel restricted set search_path=lifecycle, pg_temp
    acl sessionbook_common
    comment What lifecycle.now() says while the setting lifecycle.fake_now is not empty: the time in it for members of the owner of schema lifecycle, the transaction's time for anybody else. No arguments. Returns timestamptz. Raises PT400 invalid_fake_now.

function lifecycle.finish_tick(p_tick_id bigint) returns void
    plpgsql volatile security definer parallel unsafe set search_path=lifecycle, pg_temp
    acl sessionbook_clock
    comment Closes the record of a run of the clock. p_tick_id: what start_tick() returned to this process. Returns nothing. Raises nothing.

function lifecycle.home() returns text
    sql stable security invoker parallel safe
    acl sessionbook_clock
    comment Identifies this database: system identifier, major version, oid of the database, oid of table ticks. Jobs contain it, so that they do nothing in a database that was restored elsewhere. No arguments. Returns text. Raises nothing.

procedure lifecycle.housekeeping()
    plpgsql volatile security invoker parallel unsafe
    comment Deletes what is past its retention in lifecycle.settings, in batches that are committed: ticks, each installation's history and events, and pg_cron's records of runs of these jobs if pg_cron is in this database. No arguments. Must be called outside a transaction block. Raises PT500 housekeeping_failed at the end, when everything else is done.

function lifecycle.is_home(p_home text) returns boolean
    sql stable security invoker parallel safe
    acl sessionbook_clock
    comment Whether this database is the one that a job was made for, also after pg_upgrade. p_home: what lifecycle.home() said when the job was made. Returns boolean. Raises nothing.

function lifecycle.is_timezone(p_timezone text) returns boolean
    plpgsql stable security invoker parallel unsafe set search_path=lifecycle, pg_temp
    acl sessionbook_common
    comment Whether a text is an IANA time zone that this server knows, in any case of letters; POSIX rules and abbreviations are not accepted. p_timezone: the text. Returns boolean, false for null. Raises nothing.

function lifecycle.judged_at(p_now timestamp with time zone) returns timestamp with time zone
    sql stable security invoker parallel restricted set search_path=lifecycle, pg_temp
    comment The time that a step of the clock is judged by. p_now: a time that the caller asks for; it counts only if the login role is a member of the owner of schema lifecycle. Returns p_now, else lifecycle.now(). Raises PT400 invalid_fake_now.

function lifecycle.now() returns timestamp with time zone
    sql stable security invoker parallel restricted
    acl sessionbook_common
    comment The time that all rules of Sessionbook use: that of the transaction, or the setting lifecycle.fake_now if the login role is a member of the owner of schema lifecycle (for others the setting is ignored). No arguments. Returns timestamptz. Raises PT400 invalid_fake_now.

function lifecycle.phone_key(p_phone text) returns text
    sql immutable security invoker parallel safe
    acl sessionbook_common
    comment The digits of a phone number without leading zeros, so that +965, 00965 and ٠٠٩٦٥ are equal. p_phone: as people write it. Returns digits; null for null. Raises nothing.

function lifecycle.refresh_instants() returns TABLE(schema_name text, changed bigint)
    plpgsql volatile security invoker parallel unsafe set search_path=lifecycle, pg_temp
    comment Computes the stored instants of sessions that are not over again, in every installation, after an update of the time zone database. No arguments. Returns schema_name and how many sessions changed. Raises nothing of its own.

function lifecycle.refuse_moved() returns trigger
    plpgsql volatile security invoker parallel unsafe set search_path=lifecycle, pg_temp
    comment Trigger function (before every writing statement): keeps writers out of an installation that moves to another server. Argument: where it has moved to; none: it is under way. Raises PT503 tenant_moving, PT410 tenant_moved.

function lifecycle.register_clock(p_schema_name text, p_unit text) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=lifecycle, pg_temp
    comment Adds an installation of a unit to the clock. p_schema_name: schema of the installation; p_unit: name of the unit. If it is already registered nothing changes; a paused clock stays paused. Returns nothing. Raises PT409 schema_not_ours, PT409 row_security_forced.

function lifecycle.retry_failed_steps(p_schema_name text, p_step text DEFAULT NULL::text, p_id bigint DEFAULT NULL::bigint) returns TABLE(id bigint, step text, subject_id text, is_done boolean)
    plpgsql volatile security definer parallel unsafe set search_path=lifecycle, pg_temp, lock_timeout=100ms
    comment Repeats failed steps at once, even those that were given up, at most 10000, the oldest first; their attempts are counted from zero again. After 20 locked rows of a step the rest is left to the clock. p_schema_name: schema of the installation; p_step: only this step; p_id: only this key (default all). Returns id, step, subject_id of each, and is_done: true only if nothing is due any more; its row is gone then. Raises PT404 failed_step_not_found (no p_id), PT409 transaction_has_written, PT409 schema_not_ours, and errors that are not the fault of one row.

function lifecycle.run_batch(p_tick_id bigint, p_schema_name text, p_steps text[]) returns text[]
    plpgsql volatile security definer parallel unsafe set search_path=lifecycle, pg_temp
    acl sessionbook_clock
    comment One batch of run_tick(): a pass over one installation, added to the record of the run. p_tick_id: what start_tick() returned to this process; p_schema_name: schema of the installation; p_steps: only these, 1000 at most (null: all). Returns the steps that filled their batch of 5000 rows, so that they have more to do; null if no step did anything. Raises PT400 too_many, PT409 transaction_has_written.

procedure lifecycle.run_job(IN p_job text, IN p_home text)
    plpgsql volatile security invoker parallel unsafe
    acl sessionbook_clock
    comment Called by pg_cron. p_job: tick or housekeeping; p_home: lifecycle.home() of the database that the job was made for. Must be called outside a transaction block. Raises PT409 job_not_at_home, PT404 job_not_found, and what the job raises.

procedure lifecycle.run_tick()
    plpgsql volatile security invoker parallel unsafe
    acl sessionbook_clock
    comment Moves everything that is due, one installation after the other, in batches of 5000 rows a step, each committed, until nothing is due. Writes one row to lifecycle.ticks; its column error says which installation failed or was locked, and by which process. No arguments. Must be called outside a transaction block. Raises PT409 transaction_has_written.

function lifecycle.said_actor() returns text
    plpgsql stable security invoker parallel restricted set search_path=lifecycle, pg_temp
    acl sessionbook_common
    comment What actor() says if the setting sessionbook.actor or request.jwt.claims is not empty. No arguments. Returns text of at most 200 characters. Raises nothing.

function lifecycle.setting_boolean(p_key text) returns boolean
    plpgsql stable security invoker parallel restricted set search_path=lifecycle, pg_temp
    acl sessionbook_common
    comment A setting as boolean. p_key: its name, such as notify_events. Returns a boolean. Raises PT404 setting_not_found.

function lifecycle.setting_integer(p_key text) returns integer
    plpgsql stable security invoker parallel restricted set search_path=lifecycle, pg_temp
    acl sessionbook_common
    comment A setting as integer. p_key: its name, such as max_attempts. Returns an integer. Raises PT404 setting_not_found.

function lifecycle.setting_interval(p_key text) returns interval
    plpgsql stable security invoker parallel restricted set search_path=lifecycle, pg_temp
    acl sessionbook_common
    comment A setting as interval. p_key: its name, such as keep_ticks. Returns an interval; null: forever. Raises PT404 setting_not_found.

function lifecycle.shown(p_value text) returns text
    sql immutable security invoker parallel safe
    acl sessionbook_common
    comment A caller's value as an error message shows it: quoted, cut after 100 characters. p_value: the value. Returns text, NULL without quotes for null. Raises nothing.

function lifecycle.start_tick(OUT tick_id bigint, OUT schema_names text[]) returns record
    plpgsql volatile security definer parallel unsafe set search_path=lifecycle, pg_temp
    acl sessionbook_clock
    comment Writes the record of a run of the clock, and closes the records of interrupted runs. No arguments. Returns schema_names, the installations that may have something to do, and tick_id, the key of lifecycle.ticks: null if the record is closed already, because there is nothing to do. Raises PT400 invalid_fake_now.

function lifecycle.status_in_arabic(p_machine text, p_status text) returns text
    sql immutable security invoker parallel safe
    acl sessionbook_common
    comment The Arabic word for a status. p_machine: whose status, as in lifecycle.status_rules, such as workshop.session; p_status: the status. Returns text, null for a status that is not known. Raises nothing.

function lifecycle.tick(p_now timestamp with time zone DEFAULT NULL::timestamp with time zone, p_limit integer DEFAULT 5000) returns TABLE(schema_name text, step text, moved bigint, failed bigint)
    plpgsql volatile security definer parallel unsafe set search_path=lifecycle, pg_temp
    acl sessionbook_clock
    comment One pass over all enabled clocks in one transaction, for tests and for the owner; run_tick() commits after each batch. p_now: time to judge by, for the owner only (default lifecycle.now()); p_limit: most rows a step, 1 to 1000000 (default 5000). Returns schema_name, step, moved, failed, one row a step; none for an installation that has nothing to do; one row named advance with failed = 1 if its pass failed. Raises PT400 invalid_limit, PT409 transaction_has_written.

function lifecycle.touch_updated_at() returns trigger
    plpgsql volatile security invoker parallel unsafe
    comment Trigger function (before update, row): sets updated_at to lifecycle.now(). No arguments; the trigger's when clause says what counts as a change. Returns the row. Raises nothing of its own.

function lifecycle.translate_status() returns trigger
    plpgsql volatile security invoker parallel unsafe
    comment Trigger function (before insert or update of status or status_ar, row): status_ar is the Arabic word for status, whatever was written to it. Argument: whose status, such as workshop.session. Returns the row. Raises nothing.

function lifecycle.unregister_clock(p_schema_name text) returns boolean
    plpgsql volatile security invoker parallel unsafe set search_path=lifecycle, pg_temp
    comment Removes an installation from the clock, even if its schema was dropped. p_schema_name: schema of the installation. Returns whether it was known. Raises nothing.

function lifecycle.validate_setting() returns trigger
    plpgsql volatile security invoker parallel unsafe
    comment Trigger function (before insert or update of kind or value, row): checks a setting's value against its kind. No arguments. Returns the row. Raises PT400 invalid_setting.

function lifecycle.validate_timezone() returns trigger
    plpgsql volatile security invoker parallel unsafe
    comment Trigger function (before insert or update of timezone, row): checks column timezone against the IANA names that this server knows. No arguments. Returns the row. Raises PT400 unknown_timezone.

function sessionbook.abandon(p_schema text, p_id uuid) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Drops what was copied of an installation that is not moved yet.

function sessionbook.add(p_schema text, p_path text, p_text text) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Runs a file that an operator chose, in a schema, and enters what it made.

function sessionbook.cargo(p_schema text) returns TABLE(name text, is_sequence boolean, columns text, kinds text, bytes bigint)
    sql stable security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Tables and sequences of an installation, in the order of copying.

function sessionbook.clear_files(p_schema text) returns void
    sql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Drops what files made; 2BP01: another object depends on it.

function sessionbook.clear(p_schema text, p_identities text[], p_path text, p_files jsonb) returns boolean
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Drops objects of ours; true: others were dropped too. 2BP01: another object depends on one.

function sessionbook.close(p_schema text, p_place text DEFAULT NULL::text) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Refuses writes to an installation; 55P03: a writer does not end.

function sessionbook.depart(p_schema text, p_place text, p_dsn text) returns sessionbook.moves
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Begins a move out of this database, or finds it.

function sessionbook.distribute() returns void
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Has Citus distribute every installation; 55000: no Citus (sessionbook_no_citus), or rows (sessionbook_has_rows).

function sessionbook.drift(p_schema text, p_expected jsonb DEFAULT NULL::jsonb) returns TABLE(kind text, identity text, expected text, live text)
    sql stable security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    acl sessionbook_monitor
    comment How a schema differs from what was applied, or from what is given.

function sessionbook.enter_files(p_schema text, p_unit text, p_before jsonb, p_made text[], p_files jsonb, p_due boolean) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Enters what files made, and the files.

function sessionbook.enter(p_schema text, p_unit text, p_prefix text DEFAULT NULL::text) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Enters an installation; 55000: it has moved, or other roles.

function sessionbook.file_key(p_path text) returns text
    sql immutable security invoker parallel unsafe
    comment functions/workshop/enroll.sql is functions/enroll.

function sessionbook.fit(p_schema text) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp, quote_all_identifiers=off
    comment Makes PL/pgSQL of the language sql functions of an installation, for Citus.

function sessionbook.forget(p_schema text) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Removes an installation from the registry; its schema stays as it is.

function sessionbook.grantees() returns SETOF text
    sql stable security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    acl sessionbook_monitor
    comment Names of public and of roles of ours.

function sessionbook.hold(p_schema text DEFAULT NULL::text, p_unit text DEFAULT NULL::text, p_version text DEFAULT NULL::text) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Takes the deploy lock; 55P03: another deployer has it, 55000: wrong migration.

function sessionbook.items(p_schema text) returns TABLE(identity text, definition text)
    plpgsql stable security invoker parallel unsafe set search_path=pg_catalog, pg_temp, quote_all_identifiers=off, jit=off, IntervalStyle=postgres, DateStyle=ISO, plan_cache_mode=force_generic_plan, enable_seqscan=off, enable_hashjoin=off
    acl sessionbook_monitor
    comment Every object, grant and foreign owner of a schema, with its definition.

function sessionbook.job_name(p_job text) returns text
    sql stable security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    acl sessionbook_monitor
    comment A job of this database in pg_cron, such as sessionbook:tick:shop.

function sessionbook.jobs(p_cron_database text, p_knows_seconds boolean) returns TABLE(job text, name text, schedule text, command text, database text, warning text)
    plpgsql stable security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    acl sessionbook_monitor
    comment The jobs in pg_cron that this database needs.

function sessionbook.key_of(p_identity text) returns text
    sql immutable security invoker parallel unsafe
    acl sessionbook_monitor
    comment The file that makes an object, such as functions/now.

function sessionbook.lock_all(p_schema text, p_files jsonb) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Locks what files replace, all or none; 55P03: a lock was not free in time.

function sessionbook.lock_each(p_locks text[]) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Runs statements that lock, all or none; 55P03: a lock was not free in time.

function sessionbook.look(p_schema text) returns jsonb
    sql stable security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Items of a schema by identity.

function sessionbook.made(p_schema text) returns TABLE(key text, identity text, classid oid, oid oid, version text, is_ours boolean)
    sql stable security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Functions, views and triggers by file; is_ours: a deploy made it.

function sessionbook.mark(p_schema text, p_unit text, p_id text, p_sha256 text, p_operation text) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Enters a migration: p_operation apply, mark or rollback.

function sessionbook.migrate(p_schema text, p_unit text, p_after text, p_id text, p_sha256 text, p_text text) returns text
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Applies a migration, or skips an applied one; returns which.

function sessionbook.open(p_schema text) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Allows writes again.

function sessionbook.owner_of(p_schema text) returns text
    sql stable security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment The role that objects in a schema are to belong to.

function sessionbook.pace(p_seconds double precision, p_knows_seconds boolean) returns text
    sql immutable security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    acl sessionbook_monitor
    comment The schedule that comes once in so many seconds; null: cron knows none.

function sessionbook.place(p_schema text) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Distributes what of an installation is not distributed yet.

function sessionbook.plan(p_package jsonb) returns TABLE(unit text, schema_name text, kind text, name text, reason text)
    sql stable security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    acl sessionbook_monitor
    comment The steps of a deploy, and what prevents it, each with its reason.

function sessionbook.prepare(p_package jsonb) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Checks before a deploy: 55000, 42P06 if the schema is in use, PT400.

function sessionbook.put_back(p_schema text, p_unit text, p_changed text[], p_files jsonb) returns jsonb
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Applies the files again that do not need anything that was removed.

function sessionbook.reapply(p_schema text, p_unit text, p_files jsonb, p_version text, p_covered text[] DEFAULT '{}'::text[]) returns jsonb
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Applies files if one changed; returns what was dropped or waits.

function sessionbook.receive(p_schema text, p_unit text, p_id uuid, p_place text) returns text
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Expects an installation from another database; says how far it is.

function sessionbook.record(p_schema text, p_before jsonb, p_made text[] DEFAULT '{}'::text[]) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Saves the present definition of objects: those that changed, and those named.

function sessionbook.refuse_moving(p_schema text, p_states text[]) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Refuses what a move does not go with: 55000.

function sessionbook.refuse(p_key text, p_message text, p_hint text, p_detail text DEFAULT ''::text) returns void
    plpgsql immutable security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    acl sessionbook_monitor
    comment Raises an error; clients know it by its constraint, sessionbook_<key>.

function sessionbook.rename(p_from text, p_to text) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Gives a schema another name, or follows one given by hand; then apply.

function sessionbook.repair(p_schema text) returns SETOF text
    sql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Marks files whose objects were changed by hand, to be applied again; returns them.

function sessionbook.resolve(p_schema text, p_unit text, p_id text, p_sha256 text) returns jsonb
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Deletes the record of a migration that died outside a transaction.

function sessionbook.rows_of(p_schema text, p_items jsonb) returns TABLE(object text, number bigint)
    plpgsql stable security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Rows of tables, and rows with a value in columns.

function sessionbook.run_on_tables(p_schema text, p_statements text) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Runs statements on all tables of a schema; 55P03: one is locked.

function sessionbook.run(p_schema text, p_path text, p_text text, p_owner text DEFAULT NULL::text) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp, client_min_messages=warning
    comment Runs a file in a schema; 42501: its tables are of a role that we may not be.

function sessionbook.say(p_schema text, p_line text) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Says in the last line of a schema's comment what is installed there.

function sessionbook.since(p_things jsonb) returns TABLE(identity text, is_ours boolean, is_new boolean)
    sql stable security invoker parallel unsafe strict set search_path=pg_catalog, pg_temp
    comment Objects that were there before, and whether they were replaced.

function sessionbook.start_clock(p_move sessionbook.moves, p_enabled boolean) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Registers an installation with the clock again, paused or not.

function sessionbook.start(p_schema text, p_id text) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Records that a migration begins outside a transaction.

function sessionbook.statements(p_path text, p_text text) returns text[]
    plpgsql immutable security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Statements of a file, each with its path and the line it begins on.

function sessionbook.stay(p_schema text) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Undoes a move that is not finished.

function sessionbook.step(p_id uuid, p_step text, p_enabled boolean DEFAULT NULL::boolean) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Does a step of a move: closed, copied, moved; skips one that is done. 55000: there is no such move.

function sessionbook.stop_clock(p_schema text, p_paused boolean DEFAULT true) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Stops the clock of a schema.

function sessionbook.take_back(p_schema text, p_unit text, p_rollbacks jsonb, p_files jsonb) returns jsonb
    plpgsql volatile security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    comment Rolls migrations back; returns what was dropped and what stays.

function sessionbook.things(p_schema text) returns TABLE(classid oid, oid oid, subid integer, container oid, identity text, owner oid, acl aclitem[], version text)
    plpgsql stable security invoker parallel unsafe set search_path=pg_catalog, pg_temp, quote_all_identifiers=off, jit=off, plan_cache_mode=force_generic_plan, enable_seqscan=off, enable_hashjoin=off
    acl sessionbook_monitor
    comment Every object of a schema, without its definition.

function sessionbook.wording(p_definition text) returns text
    sql immutable security invoker parallel unsafe set search_path=pg_catalog, pg_temp
    acl sessionbook_monitor
    comment A definition without what a dump and restore may word otherwise.

function training._book_session(p_session training.sessions, p_old training.sessions, p_expected text, p_reason text) returns training.sessions
    plpgsql volatile security invoker parallel unsafe set search_path=training, pg_temp
    comment Puts a session into the calendar, or to another place in it. p_session: the row as it is to be, with the status it has now; its row is locked; p_old: the row that passed before, null: none did; p_expected: status that it must have now; p_reason: why it is booked although somebody is away, null: then it is refused. Returns its row, SCHEDULED. Raises, in this order, PT400 missing_field, end_before_start; PT404 course_not_found, trainer_not_found, venue_not_found, of what is new or at a new time; PT400 trainer_not_qualified and PT409 session_not_draft, trainer_absent, venue_closed, all after PT409 trainer_busy, venue_busy; 23P01, which _refuse_overlap() makes these two of; 23514 sessions_finite_check if a time is infinite.

function training._check_references(p_course_id text, p_trainer_id text, p_venue_id text) returns void
    plpgsql stable security invoker parallel safe set search_path=training, pg_temp
    comment Refuses courses, trainers and venues that may not be planned with. p_course_id, p_trainer_id, p_venue_id: keys; null: not checked. Returns nothing. Raises PT404 course_not_found, trainer_not_found, venue_not_found; a soft-deleted row counts as missing.

function training._erase_old(p_limit integer) returns bigint
    plpgsql volatile security invoker parallel unsafe set search_path=training, pg_temp
    comment Takes names out of people and trainers who were soft-deleted longer ago than settings keep_personal, and remarks from attendees of sessions before that. p_limit: most rows of each table. Returns how many were changed; 0: nothing is left to erase. Raises nothing.

function training._erase_rows(p_personnel text[], p_trainers text[]) returns TABLE(table_name text, erased bigint)
    plpgsql volatile security invoker parallel unsafe set search_path=training, pg_temp
    comment Erases what identifies a person from people and trainers, remarks, absences and decisions, and leaves all else. p_personnel, p_trainers: keys. Returns how many rows of each table were changed. Raises nothing.

function training._find_closed(p_trainer_id text, p_venue_id text, p_start_time timestamp with time zone, p_end_time timestamp with time zone) returns text
    sql stable security invoker parallel safe set search_path=training, pg_temp
    comment Whether a trainer is away or a venue closed at some time of a stretch. p_trainer_id, p_venue_id: null: not checked; p_start_time, p_end_time: the stretch. Returns trainer_absent, else venue_closed, else null. Raises nothing.

function training._free_ranges(p_trainer_ids text[], p_venue_ids text[], p_from timestamp with time zone, p_until timestamp with time zone, p_least interval) returns TABLE(trainer_id text, venue_id text, starts timestamp with time zone, ends timestamp with time zone)
    plpgsql stable security invoker parallel unsafe set search_path=training, pg_temp, jit=off
    comment When trainers and venues can be booked, buffers kept. p_trainer_ids, p_venue_ids: whose; p_from, p_until: the stretch asked about; p_least: the shortest range. Returns a row for each range: trainer_id or venue_id, starts and ends. Raises nothing.

function training._items_to_suggest(p_session_id text, p_course_id text, p_words text[]) returns TABLE(personnel_id text, first_name text, last_name text, status training.compliance_status, expiry_date date, sort_name text)
    sql stable security invoker parallel safe
    comment Compliance items for a course of those who may be invited to a session: neither registered already nor gone. p_session_id: the session; p_course_id: its course; p_words: patterns of lifecycle._words_to_find(), all of which a name must be like. Returns the person's key and names, the item's status and expiry_date, and the sort_name to order by. Raises nothing.

function training._lock_calendars(p_new_course_id text, p_trainer_id text, p_venue_id text) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=training, pg_temp
    comment Locks whose calendars a session is to be put into; called before the session is locked. p_new_course_id: another course than it has; p_trainer_id, p_venue_id: whose calendars; null, or there is none such: nothing to lock. Returns nothing. Raises nothing.

function training._lock_open_session(p_session_id text, p_expected_updated_at timestamp with time zone DEFAULT NULL::timestamp with time zone) returns training.sessions
    plpgsql volatile security invoker parallel unsafe set search_path=training, pg_temp
    comment Locks a session that is still planned, a draft or scheduled. p_session_id: the session; p_expected_updated_at: as of _lock_session(). Returns its row. Raises PT409 session_closed; PT404 session_not_found, PT409 changed_meanwhile, PT409 session_deleted.

function training._lock_people(p_personnel_ids text[]) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=training, pg_temp
    comment Locks people whose compliance is to be renewed; called before a session is locked. p_personnel_ids: who. Returns nothing. Raises nothing.

function training._lock_session(p_session_id text, p_expected_updated_at timestamp with time zone DEFAULT NULL::timestamp with time zone, p_deleted_too boolean DEFAULT false) returns training.sessions
    plpgsql volatile security invoker parallel unsafe set search_path=training, pg_temp
    comment Locks a session for a change. p_session_id: the session; p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked); p_deleted_too: also one that is deleted (default false). Returns its row. Raises PT404 session_not_found, PT409 changed_meanwhile, PT409 session_deleted.

function training._observe(p_rule text, p_machine text, p_subject_id text, p_from text, p_to text) returns boolean
    plpgsql volatile security invoker parallel unsafe set search_path=training, pg_temp
    comment Whether what a rule would refuse is to pass, and if so, notes it. p_rule: key of the error; p_machine: what it is a rule of; p_subject_id: key of the row; p_from, p_to: before and after. Returns true if settings.rules says observe, else false. Raises nothing.

function training._open_hours(p_trainer_ids text[], p_venue_ids text[], p_from timestamp with time zone, p_until timestamp with time zone) returns TABLE(trainer_id text, venue_id text, open tstzmultirange)
    sql stable security invoker parallel safe set search_path=training, pg_temp
    comment When trainers are at work and venues open, whatever is booked. p_trainer_ids, p_venue_ids: whose hours, null: nobody's; p_from, p_until: the stretch asked about, of at most 366 days; what is beyond counts as closed if there are rules. Returns a row for each: trainer_id or venue_id, and the open hours in the stretch: those of availability_rules, all if there are none, without absences, and of a venue without holidays. Raises nothing.

function training._read_changes(p_session training.sessions, p_changes jsonb) returns training.sessions
    plpgsql stable security invoker parallel safe set search_path=training, pg_temp
    comment Reads a patch of a session. p_session: the row as it is; p_changes: object with any of course_id, trainer_id, venue_id, start_time and end_time, each text or null. Returns the row as it is to be: what is not named stays, null empties. Raises PT400 invalid_changes, unknown_field, invalid_field.

function training._read_marks(p_marks jsonb) returns TABLE(place integer, personnel_id text, status training.attendance_status, has_remarks boolean, remarks text)
    plpgsql stable security invoker parallel safe set search_path=training, pg_temp
    comment Reads and checks a list of marks without writing any. p_marks: array of at most 1000 objects with personnel_id, status and, if they are to change, remarks. Returns one row an element: its place from 1, personnel_id, status, whether it has remarks, and them. Raises PT400 invalid_marks, invalid_mark (the message says which element and what is wrong), too_many.

function training._read_reason(p_reason text) returns text
    plpgsql immutable security invoker parallel safe set search_path=training, pg_temp
    comment Reads a reason. p_reason: text of 1 to 1000 characters. Returns it without spaces around. Raises PT400 reason_missing, reason_too_long.

function training._record_decision(p_session_id text, p_kind text, p_reason text, p_details jsonb) returns void
    sql volatile security invoker parallel unsafe set search_path=training, pg_temp
    comment Notes what was decided about a session. p_session_id: the session; p_kind: as in session_decisions; p_reason: why; p_details: an object. Returns nothing. Raises nothing.

function training._refuse_closed(p_session training.sessions, p_asks_trainer boolean, p_asks_venue boolean, p_reason text) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=training, pg_temp
    comment Refuses a time at which the trainer is away or the venue closed, or notes that it was overridden. p_session: the row as it is to be; p_asks_trainer, p_asks_venue: about whom it is asked; p_reason: why it is booked anyway; null: it is not. Returns nothing. Raises PT409 trainer_absent, venue_closed.

function training._refuse_conflicts(p_session_id text, p_trainer_id text, p_venue_id text, p_start_time timestamp with time zone, p_end_time timestamp with time zone) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=training, pg_temp
    comment Refuses a time at which trainer or venue has another session, or one that is closer than the buffers allow. p_session_id: the session to be placed, which is not in its own way; p_trainer_id, p_venue_id: whose calendars; p_start_time, p_end_time: instants, the end not included. Returns nothing. Raises PT409 trainer_busy, venue_busy; the detail names the session in the way.

function training._refuse_overlap(p_session training.sessions, p_constraint text, p_detail text) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=training, pg_temp
    comment Says of an exclusion_violation in the calendar whom or what it is about. p_session: the row as it was to be; p_constraint, p_detail: of the violation. Returns nothing if the constraint is another one. Raises PT409 trainer_busy, venue_busy; the detail names the session in the way, or is PostgreSQL's own if the transaction cannot see it.

function training._refuse_too_many(p_argument text, p_count integer) returns void
    plpgsql immutable security invoker parallel safe set search_path=training, pg_temp
    comment Refuses a list or a limit above 1000. p_argument: name of the argument, for the message; p_count: how many it has or asks for (null: none). Returns nothing. Raises PT400 too_many.

function training._refuse_unlocked(p_session training.sessions, p_locked_trainer_id text, p_locked_venue_id text) returns void
    plpgsql immutable security invoker parallel safe set search_path=training, pg_temp
    comment Refuses a session whose calendars are not those that were locked for it. p_session: the row as it is to be; p_locked_trainer_id, p_locked_venue_id: what _lock_calendars() was called with. Returns nothing. Raises 55P03 session_moved_meanwhile.

function training._renew_compliance(p_course_id text, p_end_time timestamp with time zone, p_personnel_ids text[]) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=training, pg_temp
    comment Makes people COMPLIANT for having attended. p_course_id: the course; p_end_time: end of the session, from whose day in UTC the course's validity counts; p_personnel_ids: who, each once. An item that is not there is made; an expiry date never gets earlier, and one that never expires stays so. Returns nothing. Raises 55P03 person_held.

function training._rows_of_person(p_email text, p_phone text, p_personnel_id text) returns TABLE(table_name text, id text, texts text[])
    sql stable security invoker parallel safe set search_path=training, pg_temp
    comment Trainers and people on lists who are one person. p_email: address of a trainer, in any case; p_phone: number of a trainer, in any spelling; p_personnel_id: key of somebody on lists; null: not known by it. Returns the table, the key, and names, address and number as they are there. Raises nothing.

function training.add_attendees(p_session_id text, p_personnel_ids text[]) returns TABLE(added integer, already_registered integer, attendee_count integer, venue_capacity integer, capacity_exceeded boolean, warning text, warning_ar text, conflicts jsonb)
    plpgsql volatile security definer parallel unsafe set search_path=training, pg_temp
    acl sessionbook_app
    comment Puts people on the class list of a session that is planned or scheduled. p_session_id: the session; p_personnel_ids: who, at most 1000, each counted once; people already on it keep their mark. More people than the venue's capacity cause a warning, not an error. Returns one row: added, already_registered, attendee_count now, venue_capacity (null: no venue yet), capacity_exceeded; warning, such as Venue Capacity Exceeded (25/20), and warning_ar, the same in Arabic, else null; and conflicts, which of them are on the list of another session at the same time, as in attendee_conflicts: an array of {personnel_id, session_id, course_id, status, start_time, end_time} of the other session. These are warnings too. Raises PT404 personnel_not_found (the message names the first ten; nobody is added); PT400 too_many; PT404 session_not_found, PT409 session_deleted, PT409 session_closed.

function training.apply_step(p_step text, p_ids text[], p_now timestamp with time zone) returns bigint
    plpgsql volatile security invoker parallel unsafe set search_path=training, pg_temp
    comment Does a step of the clock, if it is due: lapse_compliance makes COMPLIANT items whose expiry date has passed, by UTC, NON_COMPLIANT. p_step: one of steps(); p_ids: keys of the rows; p_now: time to judge by. Returns how many moved. Raises only what the application's own constraints and triggers raise.

function training.attendee_suggestions(p_session_id text, p_search text DEFAULT NULL::text, p_limit integer DEFAULT 50) returns TABLE(personnel_id text, first_name text, last_name text, suggestion_group integer, status training.compliance_status, status_ar text, expiry_date date)
    plpgsql stable security definer parallel unsafe set search_path=training, pg_temp, plan_cache_mode=force_generic_plan, enable_seqscan=off, enable_sort=off, enable_hashjoin=off, max_parallel_workers_per_gather=0, jit=off
    acl sessionbook_app
    comment People to invite to a session, those who need its course most first: group 1 is NON_COMPLIANT, including those that have expired since the last tick; 2 PENDING; 3 COMPLIANT but expiring within 30 days (UTC), soonest first; 4 everyone else, also without a compliance item. Within a group by last and first name. Without people who are already registered and those who are soft-deleted. p_session_id: the session; p_search: words of a name or parts of them, in any order, separated by spaces or hyphens; case, accents, apostrophes and the forms of Arabic letters do not matter; at most 200 characters (default: everybody); p_limit: most people (default 50, 1 to 1000). Returns personnel_id, first_name, last_name, suggestion_group, and the item's status, status_ar (in Arabic) and expiry_date (null: no item), in the order to show. Raises PT400 limit_not_positive, too_many, search_too_long, PT404 session_not_found, PT409 session_deleted.

function training.availability_check(p_start_time timestamp with time zone, p_end_time timestamp with time zone, p_trainer_id text DEFAULT NULL::text, p_venue_id text DEFAULT NULL::text, p_exclude_session_id text DEFAULT NULL::text) returns TABLE(trainer_available boolean, venue_available boolean, conflicts jsonb, soft_conflicts jsonb, trainer_absent boolean, venue_closed boolean)
    plpgsql stable security definer parallel safe set search_path=training, pg_temp
    acl sessionbook_app
    comment Whether trainer and venue are free at a time, with the buffers around it. p_start_time, p_end_time: instants, the end not included; p_trainer_id, p_venue_id: whose calendars, null: not checked; p_exclude_session_id: session to ignore, such as the one that is being planned. Returns one row: trainer_available and venue_available (null: not checked), conflicts (scheduled and completed sessions) and soft_conflicts (drafts, which block nothing yet), arrays in order of start of {session_id, course_id, course_title, status, trainer_id, venue_id, start_time, end_time, resource: trainer, venue or both}; trainer_absent and venue_closed: true if working hours, absences or holidays prevent it. Raises PT400 missing_field, end_before_start; PT404 trainer_not_found, venue_not_found.

function training.busy(p_start_time timestamp with time zone, p_end_time timestamp with time zone, p_buffer_before interval, p_buffer_after interval) returns tsrange
    sql immutable security invoker parallel safe
    acl sessionbook_app
    comment The time for which a session occupies a trainer or a venue. p_start_time, p_end_time: of the session; p_buffer_before, p_buffer_after: time kept free before and after it. Returns a range of UTC times without its end. Raises 22000 if the end is before the start.

function training.calendar_feed_by_token(p_token text) returns text
    plpgsql stable security definer parallel unsafe set search_path=training, pg_temp
    acl sessionbook_app
    comment The calendar that a token opens. p_token: as create_calendar_token() returned it. Returns text as calendar_feed(). Raises PT404 calendar_not_found (the token was never made, or it was revoked, or what it was for is gone).

function training.calendar_feed(p_scope text, p_id text) returns text
    plpgsql stable security definer parallel unsafe set search_path=training, pg_temp
    acl sessionbook_app
    comment A calendar in the format of RFC 5545, for any calendar application. It has future sessions and those that ended or changed in the last 90 days, 2000 at most. Cancelled ones have the status CANCELLED; each move increases SEQUENCE. p_scope: session, trainer, venue or person; p_id: its key. Returns text, to be served with the content type text/calendar; charset=utf-8. Raises PT400 unknown_scope, PT404 calendar_not_found.

function training.cancel_session(p_session_id text, p_expected_updated_at timestamp with time zone DEFAULT NULL::timestamp with time zone) returns training.sessions
    plpgsql volatile security definer parallel unsafe set search_path=training, pg_temp
    acl sessionbook_app
    comment Cancels a draft or a scheduled session; trainer and venue are free at once. p_session_id: the session; p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked). Returns its row, unchanged if it was cancelled already. Raises PT404 session_not_found, PT409 changed_meanwhile, PT409 session_deleted, PT409 illegal_transition if it is completed.

function training.complete_session(p_session_id text, p_expected_updated_at timestamp with time zone DEFAULT NULL::timestamp with time zone) returns training.sessions
    plpgsql volatile security definer parallel unsafe set search_path=training, pg_temp
    acl sessionbook_app
    comment Completes a scheduled session that has started and whose attendance is marked, and makes those who attended COMPLIANT for the validity of the course, counted from the end of the session. p_session_id: the session; p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked). Returns its row, unchanged if it was completed already. Raises PT409 session_not_scheduled, session_not_started, attendance_unmarked (somebody is still REGISTERED, or nobody is on the list); PT404 session_not_found, PT409 changed_meanwhile, PT409 session_deleted; 55P03 person_held(call it again).

function training.create_calendar_token(p_scope text, p_id text) returns text
    plpgsql volatile security definer parallel unsafe set search_path=training, pg_temp
    acl sessionbook_app
    comment Makes a secret that opens one calendar to anybody who has it, without signing in. p_scope, p_id: as calendar_feed() takes them. Returns the token, 64 letters and digits; it is returned once and not stored. Raises PT400 unknown_scope, PT404 calendar_not_found.

function training.create_draft(p_course_id text, p_created_by_id text, p_trainer_id text DEFAULT NULL::text, p_venue_id text DEFAULT NULL::text, p_start_time timestamp with time zone DEFAULT NULL::timestamp with time zone, p_end_time timestamp with time zone DEFAULT NULL::timestamp with time zone, p_idempotency_key text DEFAULT NULL::text) returns training.sessions
    plpgsql volatile security definer parallel unsafe set search_path=training, pg_temp
    acl sessionbook_app
    comment Makes a draft. It blocks no trainer and no venue. p_course_id: what is taught; p_created_by_id: who plans it, a key of your application (200 characters at most); p_trainer_id, p_venue_id, p_start_time, p_end_time: what is decided already; p_idempotency_key: made up by the caller, at most 200 characters; a repeated call of the same planner with the same key returns the same session, as it is now (default null: no key). Returns its row. Raises PT400 missing_field; PT404 course_not_found, trainer_not_found, venue_not_found; PT400 text_too_long, invalid_idempotency_key; PT409 idempotency_key_reused (the key was used for something else).

function training.cuid() returns text
    plpgsql volatile security invoker parallel safe set search_path=training, pg_temp
    acl sessionbook_app
    comment A new id in the format of a cuid: c, 8 characters of time in milliseconds, 16 random ones, all of 0-9 and a-z. No arguments. Returns text. Raises nothing.

function training.delete_session(p_session_id text, p_expected_updated_at timestamp with time zone DEFAULT NULL::timestamp with time zone) returns training.sessions
    plpgsql volatile security definer parallel unsafe set search_path=training, pg_temp
    acl sessionbook_app
    comment Soft-deletes a session: trainer and venue are free at once, its row, class list and history stay. p_session_id: the session; p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked). Returns its row, unchanged if it was deleted already. Raises PT404 session_not_found, PT409 changed_meanwhile.

function training.derive_sort_name() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=training, pg_temp
    comment Trigger function (before insert or update, row): sort_name follows from the names, whatever the statement says. No arguments. Returns the row. Raises nothing.

function training.due_rows(p_step text, p_now timestamp with time zone, p_limit integer) returns text[]
    plpgsql volatile security invoker parallel unsafe set search_path=training, pg_temp
    comment Finds and locks the rows that a step of the clock is due for. p_step: one of steps(); p_now: time to judge by; p_limit: most rows. Returns keys, oldest first, without locked rows and without rows that were given up or whose next attempt is later. Raises nothing.

function training.due_steps(p_now timestamp with time zone) returns TABLE(step text, subject_id text, due_at timestamp with time zone, locked_by xid)
    sql stable security invoker parallel safe
    comment What is due and the clock has not done yet, including locked rows and steps that were given up. p_now: time to judge by. Returns a row for each step of each subject: step, as in steps(); subject_id, key of the compliance item; due_at, since when; locked_by, the transaction that holds the row or held it last (0: none). Raises nothing.

function training.enforce_status() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=training, pg_temp
    comment Trigger function (before update, row, if status changed): checks column status against status_rules. Argument: the machine, such as training.session. Returns the row. Raises PT409 illegal_transition (detail: the moves allowed from here).

function training.erase_person(p_email text DEFAULT NULL::text, p_phone text DEFAULT NULL::text, p_personnel_id text DEFAULT NULL::text) returns TABLE(table_name text, erased bigint, kept text)
    plpgsql volatile security definer parallel unsafe set search_path=training, pg_temp
    acl sessionbook_app
    comment Erases what identifies a person, as a trainer or on lists, from all tables of the installation. Sessions, attendance and compliance stay. A trainer with future sessions is not erased. p_email: address of a trainer, in any case; p_phone: number of a trainer, in any spelling: trainers with an address are found by it, others by the number; p_personnel_id: key of a person on lists, who has neither. At least one of the three. Returns one row a table: how many rows were changed, what was kept, and why. Raises PT400 contact_missing, PT400 text_too_long.

function training.export_person(p_email text DEFAULT NULL::text, p_phone text DEFAULT NULL::text, p_personnel_id text DEFAULT NULL::text) returns jsonb
    plpgsql stable security definer parallel unsafe set search_path=training, pg_temp
    acl sessionbook_app
    comment Everything that the installation holds about one person. p_email, p_phone, p_personnel_id: as for erase_person(). Returns a jsonb object: table to array of rows, the oldest first, each with all its columns; {} if nothing is known. Raises PT400 contact_missing, PT400 text_too_long.

function training.free_slots(p_course_id text, p_duration interval, p_from timestamp with time zone, p_until timestamp with time zone, p_limit integer DEFAULT 100) returns TABLE(trainer_id text, venue_id text, start_time timestamp with time zone, end_time timestamp with time zone)
    plpgsql stable security definer parallel unsafe set search_path=training, pg_temp, jit=off
    acl sessionbook_app
    comment Free time for sessions of a course: spans in which a qualified trainer and a venue are both available, with their buffers. A session may lie anywhere within a span. p_course_id: the course; p_duration: the shortest span; p_from, p_until: the time to search, at most 92 days; the past is left out; p_limit: most spans (default 100, 1 to 1000). Returns trainer_id, venue_id, start_time and end_time, soonest first. Raises PT400 missing_field, limit_not_positive, too_many, end_before_start, slots_out_of_range; PT404 course_not_found.

function training.has_work(p_now timestamp with time zone) returns boolean
    sql stable security invoker parallel unsafe set search_path=training, pg_temp, plan_cache_mode=force_generic_plan, enable_seqscan=off, jit=off, row_security=off
    comment Whether a pass of the clock may have something to do: something is due, or a failed step has to be tried again or deleted. p_now: time to judge by. Returns false only if there is nothing. Raises nothing.

function training.list_trainers(p_course_id text DEFAULT NULL::text, p_timezone text DEFAULT 'UTC'::text) returns TABLE(trainer_id text, first_name text, last_name text, type training.trainer_type, company_name text, sessions bigint, minutes bigint, hours numeric, label text, label_ar text)
    plpgsql stable security definer parallel unsafe set search_path=training, pg_temp
    acl sessionbook_app
    comment Trainers to choose from, by name, with their booked hours of this week. p_course_id: those who may teach it (default: all); p_timezone: IANA zone whose week it is (default UTC). Returns a row for each that is not soft-deleted, with the columns of trainer_load(). Raises PT404 course_not_found, PT400 unknown_timezone.

function training.mark_attendance(p_session_id text, p_marks jsonb) returns TABLE(marked integer, registered integer, attended integer, no_show integer, taken_back text[])
    plpgsql volatile security definer parallel unsafe set search_path=training, pg_temp
    acl sessionbook_app
    comment Records who came to a session. Marks can be corrected after it was completed: people who become ATTENDED then are made COMPLIANT, as by complete_session(). Compliance is never revoked, because its earlier state is not known: people whose mark is changed away from ATTENDED are returned in taken_back, for a person to decide. p_session_id: the session; p_marks: array of at most 1000 objects with personnel_id, status (REGISTERED, ATTENDED, NO_SHOW) and optionally remarks (if missing, they stay; null deletes them). Returns one row: how many were marked; registered, attended and no_show, counts of the whole list now; taken_back. Raises PT400 invalid_marks, too_many, invalid_mark, PT404 attendee_not_found (the message says which element); PT409 session_not_scheduled; PT409 session_not_started for ATTENDED and NO_SHOW before the start; PT409 attendance_unmarked for REGISTERED on a completed session; PT404 session_not_found, PT409 session_deleted; 55P03 person_held (call it again). An error marks nobody.

function training.pass_on_buffers() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=training, pg_temp
    comment Trigger function (after update, row): new buffers of a trainer or venue reach the sessions to come. Argument: trainer or venue. Returns null. Raises PT409 buffer_in_the_way if two of them are closer to each other; the detail has the first ten.

function training.pass_on_sort_name() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=training, pg_temp
    comment Trigger function (after update, row): a person's new name reaches their compliance items. No arguments. Returns null. Raises nothing.

function training.read_events(p_after bigint DEFAULT 0, p_limit integer DEFAULT 1000) returns SETOF training.events
    plpgsql volatile security definer parallel unsafe set search_path=training, pg_temp
    acl sessionbook_app
    comment Reads the events after a position, in order: a cause comes before its effect, and no event is added before one that was read. It gives positions to new events, so it writes. Act on the events after the commit, store the last position, and continue from it: then each event is read once. p_after: position of the last event that you handled (default 0: from the oldest that is stored); p_limit: most events (default 1000; at most 10000 are returned). Returns rows of events. Raises PT400 limit_not_positive.

function training.record_attendee_event() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=training, pg_temp
    comment Trigger function (after insert and delete, and after update if the status changed, row): an event attendee.added, attendee.removed or attendee.marked of the session. No arguments. Returns null. Raises nothing.

function training.record_session_event() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=training, pg_temp
    comment Trigger function (after insert, and after update if time, trainer, venue or deletion changed, row): an event session.created, session.moved, session.deleted or session.restored. No arguments. Returns null. Raises nothing.

function training.record_status_change() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=training, pg_temp
    comment Trigger function (after update, row, if status changed): one row in status_changes with cause (always person: no clock moves a training session), role, actor and time. Argument: the machine, such as training.session. Returns null. Raises nothing.

function training.record_status_events() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=training, pg_temp
    comment Trigger function (after insert on status_changes, statement, new rows as added): one event for each move of a status, such as session.cancelled. No arguments. Returns null. Raises nothing.

function training.remove_attendees(p_session_id text, p_personnel_ids text[]) returns TABLE(removed integer, attendee_count integer)
    plpgsql volatile security definer parallel unsafe set search_path=training, pg_temp
    acl sessionbook_app
    comment Removes people from the class list of a session that is planned or scheduled. People who are not on it are ignored. p_session_id: the session; p_personnel_ids: who, at most 1000. Returns one row: removed, and attendee_count now. Raises PT400 too_many, PT404 session_not_found, PT409 session_deleted, PT409 session_closed.

function training.retry_failed_step(p_id bigint) returns boolean
    sql volatile security definer parallel unsafe set search_path=training, pg_temp
    acl sessionbook_app
    comment Repeats a failed step at once, even one that was given up. p_id: key of failed_steps. Returns true if nothing is due any more; its row is deleted then. Raises PT404 failed_step_not_found, PT409 transaction_has_written.

function training.retry_failed_steps(p_step text DEFAULT NULL::text) returns TABLE(id bigint, step text, subject_id text, is_done boolean)
    sql volatile security definer parallel unsafe set search_path=training, pg_temp
    acl sessionbook_app
    comment Repeats all failed steps at once, even those that were given up. p_step: only this step, one of steps() (default all). Returns id, step, subject_id, is_done (as retry_failed_step()) of each. Raises PT409 transaction_has_written.

function training.revise_session() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=training, pg_temp
    comment Trigger function (after update, row, if calendars are to notice): counts in session_revisions. No arguments. Returns null. Raises nothing.

function training.revoke_calendar_tokens(p_scope text, p_id text) returns integer
    plpgsql volatile security definer parallel unsafe set search_path=training, pg_temp
    acl sessionbook_app
    comment Closes all tokens of one calendar at once. p_scope, p_id: as they were made with. Returns how many it closed, 0 if none was open. Raises nothing.

function training.schedule_session(p_session_id text, p_trainer_id text DEFAULT NULL::text, p_venue_id text DEFAULT NULL::text, p_start_time timestamp with time zone DEFAULT NULL::timestamp with time zone, p_end_time timestamp with time zone DEFAULT NULL::timestamp with time zone, p_override boolean DEFAULT false, p_reason text DEFAULT NULL::text, p_expected_updated_at timestamp with time zone DEFAULT NULL::timestamp with time zone) returns training.sessions
    plpgsql volatile security definer parallel unsafe set search_path=training, pg_temp
    acl sessionbook_app
    comment Publishes a draft: puts it into the calendar and reserves trainer and venue for its time. p_session_id: the draft; p_trainer_id, p_venue_id, p_start_time, p_end_time: the values to publish with (null: those of the draft); p_override: true also books it if the trainer is absent or the venue closed (default false); p_reason: why, required with p_override and stored in session_decisions; p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked). Returns its row, unchanged if it is already scheduled with these values. Raises PT404 session_not_found, PT409 changed_meanwhile, PT409 session_deleted, and in this order PT400 missing_field, end_before_start; PT404 course_not_found, trainer_not_found, venue_not_found; PT409 trainer_busy, venue_busy (the detail names the session in the way); PT400 trainer_not_qualified; PT409 session_not_draft, trainer_absent, venue_closed; PT400 reason_missing, reason_too_long; 23514 sessions_finite_check if a time is infinite; 55P03 session_moved_meanwhile (call it again).

function training.steps() returns text[]
    sql immutable security invoker parallel safe set search_path=training, pg_temp
    comment Steps of this unit's clock, in order: items whose expiry date has passed lapse. No arguments. Returns text[]. Raises nothing.

function training.substitute_trainer(p_session_id text, p_trainer_id text, p_reason text, p_override boolean DEFAULT false, p_expected_updated_at timestamp with time zone DEFAULT NULL::timestamp with time zone) returns training.sessions
    plpgsql volatile security definer parallel unsafe set search_path=training, pg_temp
    acl sessionbook_app
    comment Gives a scheduled session another trainer. The table session_decisions stores the trainer before and the reason. p_session_id: the session; p_trainer_id: the substitute; p_reason: why, 1 to 1000 characters; p_override: true also if the substitute is absent (default false); p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked). Returns its row, unchanged if it has that trainer already. Raises PT409 session_not_scheduled, and PT400 reason_missing, reason_too_long, missing_field; PT404 session_not_found, trainer_not_found; PT409 changed_meanwhile, session_deleted, session_closed, trainer_busy, trainer_absent; PT400 trainer_not_qualified; 55P03 session_moved_meanwhile (call it again).

function training.take_buffers() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=training, pg_temp
    comment Trigger function (before insert or update, row): while a session is to come its buffers are those of its trainer and venue, whatever the statement says; then they stay. A session that moves is no accepted_conflict any more. No arguments. Returns the row. Raises nothing.

function training.take_sort_name() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=training, pg_temp
    comment Trigger function (before insert or update, row): the sort_name of a compliance item is its person's, whatever the statement says. No arguments. Returns the row. Raises nothing.

function training.trainer_load(p_week date DEFAULT NULL::date, p_timezone text DEFAULT 'UTC'::text) returns TABLE(trainer_id text, first_name text, last_name text, sessions bigint, minutes bigint, hours numeric, iso_year integer, iso_week integer, label text, label_ar text)
    plpgsql stable security definer parallel unsafe set search_path=training, pg_temp
    acl sessionbook_app
    comment How much trainers are booked in an ISO week, which begins on Monday at 00:00 local time. For information only. p_week: any local day of the week (default: today, by lifecycle.now()); p_timezone: IANA zone (default UTC). Returns a row for every trainer that is not soft-deleted, by name: scheduled sessions that start in the week, their minutes and hours in full, the week, a label such as John Smith (12h booked this week), and label_ar, the same in Arabic. Raises PT400 unknown_timezone, week_out_of_range.

function training.update_session(p_session_id text, p_changes jsonb, p_override boolean DEFAULT false, p_reason text DEFAULT NULL::text, p_expected_updated_at timestamp with time zone DEFAULT NULL::timestamp with time zone) returns training.sessions
    plpgsql volatile security definer parallel unsafe set search_path=training, pg_temp
    acl sessionbook_app
    comment Changes a draft or a scheduled session. p_session_id: the session; p_changes: object with any of course_id, trainer_id, venue_id, start_time and end_time; fields that are not named stay, null empties a field; p_override, p_reason: as for schedule_session(); p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked). Returns its row. A draft may have any values, but needs a course. A scheduled session must meet the conditions of schedule_session(), for the fields that change: for example it may get another trainer even if its venue has been deleted. Raises PT400 missing_field, and PT404 session_not_found, PT409 changed_meanwhile, session_deleted, session_closed; PT400 invalid_changes, unknown_field, invalid_field; PT404 course_not_found, trainer_not_found, venue_not_found; PT400 end_before_start; PT409 trainer_busy, venue_busy; PT400 trainer_not_qualified; PT409 trainer_absent, venue_closed; PT400 reason_missing, reason_too_long; 23514 sessions_finite_check if a scheduled session would have an infinite time; 55P03 session_moved_meanwhile (call it again).

function tutoring._check_slot(p_session_date date, p_start_time time without time zone, p_end_time time without time zone) returns void
    plpgsql stable security invoker parallel safe set search_path=tutoring, pg_temp
    comment Refuses a slot with a part missing, or whose day is out of range. p_session_date: local day; p_start_time, p_end_time: local times. Returns nothing. Raises PT400 slot_incomplete, PT400 invalid_slot (infinite, or not from year 1 to 9999).

function tutoring._course(p_enrolled_courses_id integer) returns tutoring.enrolled_courses
    plpgsql stable security invoker parallel safe set search_path=tutoring, pg_temp
    comment A course. p_enrolled_courses_id: its key. Returns its row. Raises PT404 course_not_found.

function tutoring._due_corrections(p_now timestamp with time zone) returns TABLE(session_id integer, student_id integer, kind text, recipient text, message jsonb, for_starts_at timestamp with time zone, is_reminder boolean, due_at timestamp with time zone)
    sql stable security invoker parallel safe
    comment Messages that have become due because what was told last is not true any more. p_now: time to judge by. Returns what to queue, as columns of reminders; due_at: when the message was sent that is wrong now. Raises nothing.

function tutoring._erase_old(p_limit integer) returns bigint
    plpgsql volatile security invoker parallel unsafe set search_path=tutoring, pg_temp
    comment Erases what identifies students whose last session is longer ago than settings keep_personal, also from their reminders. p_limit: most students. Returns how many rows were changed; 0: nothing is left to erase. Raises nothing.

function tutoring._erase_rows(p_students integer[], p_tutors integer[]) returns TABLE(table_name text, erased bigint)
    plpgsql volatile security invoker parallel unsafe set search_path=tutoring, pg_temp
    comment Erases what identifies a person from students, tutors and reminders, and keys of calls about their courses; leaves all else. p_students, p_tutors: keys. Returns how many rows of each table were changed. Raises nothing.

function tutoring._has_message_work(p_now timestamp with time zone, p_until timestamp with time zone) returns boolean
    sql stable security invoker parallel unsafe set search_path=tutoring, pg_temp
    comment Whether what was told is not true any more, or an alarm is to be queued. p_now: time to judge by; p_until: how far ahead reminders are queued. Returns boolean. Raises nothing.

function tutoring._is_told(p_session_id integer, p_student_id integer, p_kind text, p_starts_at timestamp with time zone, p_recipient text, p_message jsonb) returns boolean
    sql stable security invoker parallel safe set search_path=tutoring, pg_temp
    comment Whether a student was told last what a message is about to say, or a change on its way says it. p_session_id, p_student_id: of whom; p_kind: starts_soon or changed, kind of the message; p_starts_at, p_recipient, p_message: what it would say, to which number. Returns boolean. Raises nothing.

function tutoring._lock_claims(p_reminder_ids bigint[]) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=tutoring, pg_temp
    comment Locks reminders that a courier is about to settle. p_reminder_ids: at most 1000; those that are not there are passed over. Returns nothing. Raises PT400 too_many.

function tutoring._lock_session(p_session_id integer, p_expected_updated_at timestamp with time zone DEFAULT NULL::timestamp with time zone, p_deleted_too boolean DEFAULT false) returns tutoring.sessions
    plpgsql volatile security invoker parallel unsafe set search_path=tutoring, pg_temp
    comment Locks a session for a change. p_session_id: the session; p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked); p_deleted_too: also one that is deleted (default false). Returns its row. Raises PT404 session_not_found, PT409 changed_meanwhile, PT409 session_deleted.

function tutoring._match_plan(p_enrolled_courses_id integer, p_elements tutoring.sessions[], p_now timestamp with time zone) returns TABLE(place integer, session_id integer)
    plpgsql stable security invoker parallel unsafe set search_path=tutoring, pg_temp
    comment Which sessions of a course are already at a time that a plan asks for. p_enrolled_courses_id: the course; p_elements: the plan, as _read_sessions() gives it; p_now: time to judge by; cancelled sessions and no-shows count only if they began by then. Returns pairs: place in the list, key of the session. Raises nothing.

function tutoring._observe(p_rule text, p_machine text, p_subject_id text, p_from text, p_to text) returns boolean
    plpgsql volatile security invoker parallel unsafe set search_path=tutoring, pg_temp
    comment Whether what a rule would refuse is to pass, and if so, notes it. p_rule: key of the error; p_machine: what it is a rule of; p_subject_id: key of the row; p_from, p_to: before and after. Returns true if settings.rules says observe, else false. Raises nothing.

function tutoring._occurrence_dates(p_rule jsonb, p_base date, p_until date) returns SETOF date
    plpgsql stable security invoker parallel safe set search_path=tutoring, pg_temp
    comment Dates that a rule gives after its first one. p_rule: as _read_pattern() returns it; p_base: first date, which counts as one of the rule's; p_until: last date wanted, null for no other limit than the rule's. Returns dates in order. Raises PT400 recurrence_unbounded, PT400 recurrence_too_long.

function tutoring._purge_history(p_before timestamp with time zone, p_limit integer) returns bigint
    plpgsql volatile security invoker parallel unsafe set search_path=tutoring, pg_temp
    comment Deletes the oldest reschedules and idempotency keys, and reminders finished longer ago than lifecycle.settings keep_reminders. p_before: reschedules and keys older than this (null: none); p_limit: most rows of each. Returns how many were deleted; 0: nothing is left to delete. Raises nothing.

function tutoring._read_pattern(p_pattern jsonb, p_base date, p_start_time time without time zone, p_timezone text) returns jsonb
    plpgsql stable security invoker parallel safe set search_path=tutoring, pg_temp
    comment Reads a recurring_pattern and writes out what follows from its first date. p_pattern: {frequency: daily, weekly, monthly or yearly, interval, byday: [MO, 2TU, -1FR], bymonthday: [1, -1], bymonth: [1], bysetpos: [-1], wkst: first day of the week (MO), count: dates in all, the first and the excluded ones counted, or until: last local date, exdates: [dates left out]}, or {rrule: a rule of RFC 5545, exdates}; p_base: first date; p_start_time, p_timezone: of the session. Returns the pattern without rrule. Raises PT400 invalid_recurring_pattern, PT400 too_many (60 days, 12 months, 1000 exdates).

function tutoring._read_rrule(p_rrule text, p_start_time time without time zone, p_timezone text) returns jsonb
    plpgsql stable security invoker parallel safe set search_path=tutoring, pg_temp
    comment Reads a recurrence rule of RFC 5545. p_rrule: such as FREQ=MONTHLY;BYDAY=-1FR;COUNT=6, with or without RRULE: in front; p_start_time: local start of the session; p_timezone: its zone, which UNTIL is converted to. Returns the rule as a recurring_pattern, whose values nobody has judged yet. Raises errors of class 22 for an invalid number or date.

function tutoring._read_sessions(p_sessions jsonb) returns SETOF tutoring.sessions
    plpgsql stable security invoker parallel unsafe set search_path=tutoring, pg_temp
    comment Reads and checks a list of sessions without writing any. p_sessions: array of objects with session_date, start_time, end_time and any of timezone, topics, session_mode, location, whiteboard_id, priority_level, is_recurring, session_frequency, recurring_pattern, notification_enabled, alarm_enabled, alarm_before_minutes, is_featured (duration is accepted, but computed again). Returns rows of sessions, missing fields filled with the defaults; id is the place in the list, from 1. Raises PT400 invalid_sessions, PT400 too_many, PT400 invalid_session (the message says which element and what is wrong).

function tutoring._refuse_claim(p_reminder_id bigint, p_worker text) returns void
    plpgsql stable security invoker parallel safe set search_path=tutoring, pg_temp
    comment Says why a courier may not settle a reminder. p_reminder_id: the reminder; p_worker: name of the courier. Returns nothing. Raises PT404 reminder_not_found, PT409 lease_lost.

function tutoring._refuse_past(p_session_id integer, p_starts_at timestamp with time zone, p_now timestamp with time zone) returns void
    plpgsql stable security invoker parallel safe set search_path=tutoring, pg_temp
    comment Refuses a start in the past. p_session_id: the session, null for a new one; p_starts_at: its start; p_now: time to judge by. Returns nothing. Raises PT400 time_is_over.

function tutoring._rest_of_rule(p_rule jsonb, p_base date, p_first date, p_days integer) returns jsonb
    plpgsql stable security invoker parallel safe set search_path=tutoring, pg_temp
    comment What is left of a rule from one of its dates on. p_rule: as _read_pattern() returns it; p_base: its first date; p_first: the date that is to be the first; p_days: so many days later (or earlier, if negative). Returns a rule. Raises PT400 series_cannot_shift, and PT400 recurrence_too_long.

function tutoring._rows_of_person(p_email text, p_phone text) returns TABLE(table_name text, id integer, texts text[])
    sql stable security invoker parallel safe set search_path=tutoring, pg_temp
    comment Students and tutors who are one person. p_email: e-mail address, in any case; p_phone: number in any spelling; null: not known by it. Returns the table, the key, and name, address and number as they are there. Raises nothing.

function tutoring._session_ends_at(p_session_date date, p_start_time time without time zone, p_end_time time without time zone, p_timezone text) returns timestamp with time zone
    sql immutable security invoker parallel safe set search_path=tutoring, pg_temp
    comment Instant of the end of a session. p_session_date: local day of the start; p_start_time, p_end_time: local times, an end at or before the start is on the next day; p_timezone: IANA time zone. If the start falls into the hour that daylight saving time skips, the end moves too and the length stays. Returns timestamptz. Raises 22023 for a zone that is not known, 22008 out of range.

function tutoring._session_minutes(p_session_date date, p_start_time time without time zone, p_end_time time without time zone, p_timezone text) returns integer
    sql immutable security invoker parallel safe set search_path=tutoring, pg_temp
    comment Minutes that really pass from start to end, also over a change of time. p_session_date: local day of the start; p_start_time, p_end_time: local times, an end at or before the start is on the next day; p_timezone: IANA time zone. Returns integer. Raises 22023 for a zone that is not known, 22008 out of range.

function tutoring._sessions_of_key(p_enrolled_courses_id integer, p_key text, p_request text) returns integer[]
    plpgsql volatile security invoker parallel unsafe set search_path=tutoring, pg_temp
    comment Takes an idempotency key for a call, or tells what the call did. p_enrolled_courses_id: course that the key belongs to; p_key: the key, 200 characters at most; p_request: the call with its arguments. Returns keys of the sessions of the first call, null if this is the first: then the caller writes them. Raises PT400 invalid_idempotency_key, PT409 idempotency_key_reused.

function tutoring._unreminded_sessions(p_now timestamp with time zone, p_lead interval, p_limit integer, p_postponed bigint[]) returns text[]
    plpgsql volatile security invoker parallel unsafe set search_path=tutoring, pg_temp, enable_nestloop=off, enable_hashjoin=off, enable_bitmapscan=off, jit=off
    comment Sessions that start within p_lead after p_now and have no reminder of that start, locked, soonest first among those after the newest reminder, then the others, without locked ones. p_limit: most sessions; p_postponed: keys of sessions to leave out. Returns keys. Raises nothing.

function tutoring._wrong_messages(p_now timestamp with time zone) returns TABLE(id bigint, session_id integer, student_id integer, kind text, is_reminder boolean, recipient text, message jsonb, for_starts_at timestamp with time zone, settled_at timestamp with time zone, student_now integer, starts_now timestamp with time zone, obstacle text, recipient_now text, message_now jsonb)
    sql stable security invoker parallel safe
    comment Messages that were sent about sessions to come and that are not true any more, also those that a later message has put right. p_now: time to judge by. Returns columns of reminders, and of session_messages as they are now. Raises nothing.

function tutoring.apply_step(p_step text, p_ids text[], p_now timestamp with time zone) returns bigint
    plpgsql volatile security invoker parallel unsafe set search_path=tutoring, pg_temp, enable_bitmapscan=off, jit=off
    comment Does a step of the clock for those of the given rows that it is due for, and records status changes. p_step: one of steps(); p_ids: keys of sessions, or of reminders in requeue_reminders and miss_reminders; p_now: time to judge by. Returns how many sessions or reminders moved. Raises only what the application's own constraints and triggers raise.

function tutoring.assign_session_to_slot(p_enrolled_courses_id integer, p_session_date date, p_start_time time without time zone, p_end_time time without time zone, p_idempotency_key text DEFAULT NULL::text, p_allow_past boolean DEFAULT false) returns tutoring.sessions
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    acl sessionbook_app
    comment Schedules the oldest cancelled session of a course again, at a new time. p_enrolled_courses_id: the course; p_session_date: local day; p_start_time, p_end_time: local times in the session's own zone, an end at or before the start is on the next day; p_idempotency_key: made up by the caller, at most 200 characters; a repeated call with the same key returns the same session, as it is now (default null: no key); p_allow_past: true allows a time in the past (default false). Returns its row. Raises PT404 no_cancelled_session, and PT400 time_is_over, PT400 slot_incomplete, PT400 invalid_slot, PT404 course_not_found, PT400 invalid_idempotency_key, PT409 idempotency_key_reused (the key was used for something else).

function tutoring.calendar_feed_by_token(p_token text) returns text
    plpgsql stable security definer parallel unsafe set search_path=tutoring, pg_temp
    acl sessionbook_app
    comment The calendar that a token opens. p_token: as create_calendar_token() returned it. Returns text as calendar_feed(). Raises PT404 calendar_not_found (the token was never made, or it was revoked, or what it was for is gone).

function tutoring.calendar_feed(p_scope text, p_id text) returns text
    plpgsql stable security definer parallel unsafe set search_path=tutoring, pg_temp
    acl sessionbook_app
    comment A calendar in the format of RFC 5545, for any calendar application. It has future sessions and those that ended or changed in the last 90 days, 2000 at most. Cancelled ones have the status CANCELLED; each move increases SEQUENCE. p_scope: session, course, student or tutor; p_id: its key, as text. Returns text, to be served with the content type text/calendar; charset=utf-8. Raises PT400 unknown_scope, PT404 calendar_not_found.

function tutoring.cancel_session(p_session_id integer, p_expected_updated_at timestamp with time zone DEFAULT NULL::timestamp with time zone) returns tutoring.sessions
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    acl sessionbook_app
    comment Cancels a session that is scheduled or in progress; its reminders are not sent. p_session_id: the session; p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked). Returns its row, unchanged if it has that status already. Raises PT404 session_not_found, PT409 changed_meanwhile, PT409 session_deleted, PT409 illegal_transition if the rules do not allow it.

function tutoring.claim_reminders(p_worker text, p_limit integer DEFAULT 10, p_lease interval DEFAULT '00:01:00'::interval) returns SETOF tutoring.reminders
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp, plan_cache_mode=force_generic_plan, enable_sort=off, jit=off
    acl sessionbook_app sessionbook_courier
    comment Claims reminders that the clock has queued, for a limited time (a lease). If a courier does not complete or fail a reminder in time, the next courier gets it. Each session is checked again: its reminder is prevented if the session was moved, cancelled or deleted, if its student has no phone number any more, or if an alarm is no longer wanted; it is missed if the session has started. A student does not get the same message twice. Recipient and message are computed now; a cancellation names the time that the student knows. p_worker: name of the courier, the same for complete_reminder() and fail_reminder(), 200 characters at most; p_limit: most reminders (default 10, at most 1000); p_lease: how long the claim is valid, by the server's own clock (default 1 minute, at most 1 hour). Returns the rows claimed; none if nothing is due. Raises PT400 invalid_claim.

function tutoring.complete_reminder(p_reminder_id bigint, p_worker text) returns void
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    acl sessionbook_app sessionbook_courier
    comment Records that a reminder was sent. A repeated call by the same courier changes nothing. p_reminder_id: the reminder; p_worker: the name that claimed it. Returns nothing. Raises PT404 reminder_not_found, PT409 lease_lost if another courier has claimed it since.

function tutoring.complete_reminders(p_reminder_ids bigint[], p_worker text) returns TABLE(reminder_id bigint, problem text)
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    acl sessionbook_app sessionbook_courier
    comment Records that reminders were sent, as complete_reminder() does for one. p_reminder_ids: the reminders, at most 1000; p_worker: the name that claimed them. Returns a row for each: reminder_id, and problem (null: recorded, now or by an earlier call; reminder_not_found; lease_lost: another courier has claimed it since). A problem with one does not stop the others. Raises PT400 too_many.

function tutoring.complete_session(p_session_id integer, p_expected_updated_at timestamp with time zone DEFAULT NULL::timestamp with time zone) returns tutoring.sessions
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    acl sessionbook_app
    comment Completes a session in progress, before or after its end. p_session_id: the session; p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked). Returns its row, unchanged if it had that status already. Raises PT404 session_not_found, PT409 changed_meanwhile, PT409 session_deleted, PT409 illegal_transition if the rules do not allow it.

function tutoring.create_calendar_token(p_scope text, p_id text) returns text
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    acl sessionbook_app
    comment Makes a secret that opens one calendar to anybody who has it, without signing in. p_scope, p_id: as calendar_feed() takes them. Returns the token, 64 letters and digits; it is returned once and not stored. Raises PT400 unknown_scope, PT404 calendar_not_found.

function tutoring.create_sessions(p_enrolled_courses_id integer, p_sessions jsonb, p_idempotency_key text DEFAULT NULL::text, p_allow_past boolean DEFAULT false) returns SETOF tutoring.sessions
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    acl sessionbook_app
    comment Makes the sessions of a list, all or none. It computes duration. p_enrolled_courses_id: the course; p_sessions: array of at most 1000 objects with session_date, start_time and end_time, such as [{"session_date": "2026-01-31", "start_time": "14:00", "end_time": "15:30"}], and any of timezone (of the times: the course's if it is missing, else the student's), topics, session_mode, location, whiteboard_id, priority_level, is_recurring, session_frequency, recurring_pattern, notification_enabled, alarm_enabled, alarm_before_minutes and is_featured; p_idempotency_key: made up by the caller, at most 200 characters; a repeated call with the same key returns the same sessions, as they are now (default null: no key); p_allow_past: true allows sessions in the past (default false). Returns the rows made. Raises PT404 course_not_found, PT400 invalid_sessions, PT400 too_many (more than 1000 elements), PT400 invalid_session (the message says which element), PT400 time_is_over, PT400 invalid_idempotency_key, PT409 idempotency_key_reused (the key was used for something else).

function tutoring.delete_session(p_session_id integer, p_expected_updated_at timestamp with time zone DEFAULT NULL::timestamp with time zone) returns tutoring.sessions
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    acl sessionbook_app
    comment Soft-deletes a session: the clock ignores it, its reminders are not sent, its row and history stay. restore_session() restores it. p_session_id: the session; p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked). Returns its row, unchanged if it is deleted already. Raises PT404 session_not_found, PT409 changed_meanwhile.

function tutoring.derive_session_instants() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    comment Trigger function (before insert or update of date, times, zone, alarm or what follows from them, row): sets starts_at, ends_at and alarm_at. No arguments. Returns the row. Raises 22008 if an instant is out of range.

function tutoring.due_rows(p_step text, p_now timestamp with time zone, p_limit integer) returns text[]
    plpgsql volatile security invoker parallel unsafe set search_path=tutoring, pg_temp, plan_cache_mode=force_custom_plan
    comment Finds and locks the rows that a step of the clock is due for, oldest first, without locked rows and without rows that failed and are not yet to be tried again. p_step: one of steps(); p_now: time to judge by; p_limit: most rows. Returns keys of sessions, or of reminders in requeue_reminders and miss_reminders. Raises nothing.

function tutoring.due_steps(p_now timestamp with time zone) returns TABLE(step text, subject_id text, due_at timestamp with time zone, locked_by xid)
    sql stable security invoker parallel safe
    comment What is due and the clock has not done yet. p_now: time to judge by. Returns step, one of steps(); subject_id, the key of a session, or of a reminder in requeue_reminders and miss_reminders; due_at, since when; locked_by, the transaction that has locked the row or changed it last. Raises nothing.

function tutoring.edit_series(p_session_id integer, p_scope text, p_changes jsonb, p_expected_updated_at timestamp with time zone DEFAULT NULL::timestamp with time zone) returns SETOF tutoring.sessions
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    acl sessionbook_app
    comment Changes one session, or future sessions of the series that it belongs to. A session that was moved individually keeps its time and gets the other changes; sessions that are over, cancelled, deleted or excluded stay as they are. Students who have got a message about a session get one about its change. An edit of a part splits the series: the first session of that part gets the rest of the rule, and further sessions are made from it. p_session_id: a scheduled session; p_scope: this (only the session), following (it and the later ones) or all (all future ones); p_changes: object with any of session_date (the session's new local day; the others of the series shift by as many days), start_time, end_time, topics, session_mode, location, whiteboard_id, priority_level, notification_enabled, alarm_enabled, alarm_before_minutes, is_featured, and status, which can only be cancelled and also ends the series; p_expected_updated_at: updated_at of the row of the session that the caller has seen (null: not checked). Returns the rows that it changed, by id. To cancel, p_session_id may be a session that is already cancelled. Raises PT400 unknown_scope, invalid_changes, unknown_field, invalid_session, time_is_over, series_cannot_shift (monthly, yearly), invalid_recurring_pattern, recurrence_too_long, PT404 session_not_found, PT409 changed_meanwhile, session_deleted, session_not_scheduled, session_not_recurring.

function tutoring.enforce_status() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    comment Trigger function (before insert or update, row): checks column status against status_rules. Argument: the machine, such as tutoring.session. A move is the clock's if the engine of steps makes it, else a person's. A row that is new, or has no status, takes any known one; none is taken away. Returns the row. Raises PT400 unknown_status, PT409 illegal_transition (detail: the moves allowed from here).

function tutoring.erase_person(p_email text DEFAULT NULL::text, p_phone text DEFAULT NULL::text) returns TABLE(table_name text, erased bigint, kept text)
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    acl sessionbook_app
    comment Erases what identifies a person, as a student or a tutor, from all tables of the installation. Courses, sessions and the times of messages stay; the application has to erase what it wrote into topics, locations and whiteboards. A tutor with future sessions is not erased. p_email: e-mail address, in any case; p_phone: phone number, in any spelling. At least one of the two; rows with an address are found by the address, others by the number. Returns one row a table: how many rows were changed, what was kept, and why. Raises PT400 contact_missing, PT400 text_too_long.

function tutoring.export_person(p_email text DEFAULT NULL::text, p_phone text DEFAULT NULL::text) returns jsonb
    plpgsql stable security definer parallel unsafe set search_path=tutoring, pg_temp
    acl sessionbook_app
    comment Everything that the installation holds about one person. p_email, p_phone: as for erase_person(). Returns a jsonb object: table to array of rows, the oldest first, each with all its columns; {} if nothing is known. Raises PT400 contact_missing, PT400 text_too_long.

function tutoring.fail_reminder(p_reminder_id bigint, p_worker text, p_error text, p_retry_after interval DEFAULT NULL::interval, p_permanent boolean DEFAULT false) returns timestamp with time zone
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    acl sessionbook_app sessionbook_courier
    comment Records that a reminder could not be sent. It is tried again after 15, 30, 60 and 120 seconds, and given up after 5 attempts. p_reminder_id: the reminder; p_worker: the name that claimed it; p_error: what happened; the first 1000 characters are kept in last_error; p_retry_after: shortest wait, such as from a Retry-After header (default null); p_permanent: true gives up at once (default false). Returns when it is tried again, null if never. A repeated call by the same courier changes nothing. Raises PT404 reminder_not_found, PT409 lease_lost if another courier has claimed it since.

function tutoring.fail_reminders(p_reminder_ids bigint[], p_worker text, p_error text, p_retry_after interval DEFAULT NULL::interval, p_permanent boolean DEFAULT false) returns TABLE(reminder_id bigint, next_attempt_at timestamp with time zone, problem text)
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    acl sessionbook_app sessionbook_courier
    comment Records that reminders could not be sent, all for the same reason, as fail_reminder() does for one. p_reminder_ids: the reminders, at most 1000; p_worker: the name that claimed them; p_error, p_retry_after, p_permanent: as for fail_reminder(). Returns a row for each: reminder_id, next_attempt_at (null: it is not tried again), and problem (null: none; reminder_not_found; lease_lost: another courier has claimed it since). A problem with one does not stop the others. Raises PT400 too_many.

function tutoring.generate_recurring_sessions(p_session_id integer, p_until date DEFAULT NULL::date, p_allow_past boolean DEFAULT false) returns SETOF tutoring.sessions
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    acl sessionbook_app
    comment Makes the sessions of a series from the recurring_pattern of its first session, at the same local times in the same zone. If a start falls into the hour that daylight saving time skips, the session moves forward by that hour and keeps its length. Each date is made once: sessions that exist stay as they are, even if moved or deleted, and a later call continues after them. Dates are counted from the session's date at the first call. Whiteboard and reviews are not copied. p_session_id: the session with the pattern, itself the first; p_until: last local date (default null: the end of the pattern); p_allow_past: true also makes sessions in the past (default false: they are left out). Returns the rows made. Raises PT404 session_not_found, PT409 session_deleted, PT400 invalid_recurring_pattern, PT400 too_many, PT400 recurrence_unbounded, PT400 recurrence_too_long.

function tutoring.has_work(p_now timestamp with time zone) returns boolean
    sql stable security invoker parallel unsafe set search_path=tutoring, pg_temp, plan_cache_mode=force_generic_plan, enable_seqscan=off, enable_hashjoin=off, enable_mergejoin=off, max_parallel_workers_per_gather=0, jit=off, row_security=off
    comment Whether a pass of the clock may have something to do: something is due, a reminder was skipped or prevented and its session has not started, or a failed step has to be tried again or deleted. p_now: time to judge by. Returns false only if there is nothing. Raises nothing.

function tutoring.mark_no_show(p_session_id integer, p_expected_updated_at timestamp with time zone DEFAULT NULL::timestamp with time zone) returns tutoring.sessions
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    acl sessionbook_app
    comment Records that the student did not come. Possible from the start of the session on, also after the clock has completed it; restore_session() undoes it. p_session_id: the session; p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked). Returns its row, unchanged if it has that status already. Raises PT409 session_not_started, and PT404 session_not_found, PT409 changed_meanwhile, PT409 session_deleted, PT409 illegal_transition if the rules do not allow it.

function tutoring.read_events(p_after bigint DEFAULT 0, p_limit integer DEFAULT 1000) returns SETOF tutoring.events
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    acl sessionbook_app
    comment Reads the events after a position, in order: a cause comes before its effect, and no event is added before one that was read. It gives positions to new events, so it writes. Act on the events after the commit, store the last position, and continue from it: then each event is read once. p_after: position of the last event that you handled (default 0: from the oldest that is stored); p_limit: most events (default 1000; at most 10000 are returned). Returns rows of events. Raises PT400 limit_not_positive.

function tutoring.record_reschedule() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    comment Trigger function (after update of date, times or zone, row, if the instants changed): one row in reschedules with both times, role, actor and time of the change. No arguments. Returns null. Raises nothing.

function tutoring.record_session_event() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    comment Trigger function (after insert, and after update if instants or deletion changed, row): an event session.created, session.moved, session.deleted or session.restored. No arguments. Returns null. Raises nothing.

function tutoring.record_status_change() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    comment Trigger function (after update, row, if a person changed the status): one row in status_changes with cause person, role, actor and time. Argument: the machine, such as tutoring.session. Returns null. Raises nothing.

function tutoring.record_status_events() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    comment Trigger function (after insert on status_changes, statement, new rows as added): one event for each move of a status, such as session.cancelled. No arguments. Returns null. Raises nothing.

function tutoring.refresh_instants() returns bigint
    plpgsql volatile security invoker parallel unsafe set search_path=tutoring, pg_temp
    comment Computes starts_at, ends_at and alarm_at of sessions that are not over again, after an update of the time zone database. No arguments. Returns how many sessions changed. Raises PT400 unknown_timezone if a zone is gone.

function tutoring.reminder_lead() returns interval
    sql stable security invoker parallel safe set search_path=tutoring, pg_temp
    acl sessionbook_app sessionbook_reader
    comment How long before the start of a session its reminder is due (settings.reminder_lead). No arguments. Returns an interval without days. Raises nothing.

function tutoring.reschedule_session(p_session_id integer, p_session_date date, p_start_time time without time zone, p_end_time time without time zone, p_allow_past boolean DEFAULT false, p_expected_updated_at timestamp with time zone DEFAULT NULL::timestamp with time zone) returns tutoring.sessions
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    acl sessionbook_app
    comment Moves a scheduled session to another time. The table reschedules keeps the old time, and the new time gets its own reminder. p_session_id: the session; p_session_date: local day; p_start_time, p_end_time: local times in the session's own zone, an end at or before the start is on the next day; p_allow_past: true allows a time in the past (default false); p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked). Returns its row. Raises PT409 session_not_scheduled, and PT400 time_is_over, PT400 slot_incomplete, PT400 invalid_slot, PT404 session_not_found, PT409 changed_meanwhile, PT409 session_deleted.

function tutoring.restore_session(p_session_id integer, p_allow_past boolean DEFAULT false, p_expected_updated_at timestamp with time zone DEFAULT NULL::timestamp with time zone) returns tutoring.sessions
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    acl sessionbook_app
    comment Restores a session by one step. A deleted session is as it was before. A cancelled one is scheduled at its old time. A no-show becomes completed, in progress or scheduled, depending on the time. A session that was started or completed before its start is scheduled again. p_session_id: the session; p_allow_past: true also restores a session whose time is past; the clock then completes it (default false); p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked). Returns its row, unchanged if it is scheduled already. Raises PT409 nothing_to_restore, and PT404 session_not_found, PT409 changed_meanwhile, PT400 time_is_over.

function tutoring.retry_failed_step(p_id bigint) returns boolean
    sql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    acl sessionbook_app
    comment Repeats a failed step at once, even one that was given up. p_id: key of failed_steps. Returns true if nothing is due any more; its row is deleted then. Raises PT404 failed_step_not_found, PT409 transaction_has_written.

function tutoring.retry_failed_steps(p_step text DEFAULT NULL::text) returns TABLE(id bigint, step text, subject_id text, is_done boolean)
    sql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    acl sessionbook_app
    comment Repeats all failed steps at once, even those that were given up. p_step: only this step, one of steps() (default all). Returns id, step, subject_id, is_done (as retry_failed_step()) of each. Raises PT409 transaction_has_written.

function tutoring.retry_reminder(p_reminder_id bigint) returns tutoring.reminders
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    acl sessionbook_app
    comment Queues a reminder that was given up again. The next claim checks its session again. p_reminder_id: the reminder. Returns its row, unchanged if it is already queued; or the row of another queued reminder with the same message. Raises PT404 reminder_not_found, PT409 reminder_not_failed.

function tutoring.revise_session() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    comment Trigger function (after update, row, if calendars are to notice): counts in session_revisions. No arguments. Returns null. Raises nothing.

function tutoring.revoke_calendar_tokens(p_scope text, p_id text) returns integer
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    acl sessionbook_app
    comment Closes all tokens of one calendar at once. p_scope, p_id: as they were made with. Returns how many it closed, 0 if none was open. Raises nothing.

function tutoring.session_rrule(p_session_id integer) returns text
    plpgsql stable security definer parallel safe set search_path=tutoring, pg_temp
    acl sessionbook_app
    comment The recurrence rule of a session in the format of RFC 5545, without its exdates. p_session_id: the session with the pattern. Returns text such as FREQ=MONTHLY;BYDAY=2TU;COUNT=6; for months that are too short, BYSETPOS=-1 means the last day; null: the session has no pattern. Raises PT404 session_not_found, PT400 invalid_recurring_pattern, PT400 too_many.

function tutoring.start_session(p_session_id integer, p_expected_updated_at timestamp with time zone DEFAULT NULL::timestamp with time zone) returns tutoring.sessions
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    acl sessionbook_app
    comment Starts a scheduled session, before or after its time. p_session_id: the session; p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked). Returns its row, unchanged if it has that status already. Raises PT404 session_not_found, PT409 changed_meanwhile, PT409 session_deleted, PT409 illegal_transition if the rules do not allow it.

function tutoring.steps() returns text[]
    sql immutable security invoker parallel safe set search_path=tutoring, pg_temp
    comment The steps of this unit's clock, in order; docs/operations.md describes them. No arguments. Returns text[]. Raises nothing.

function tutoring.take_course_timezone() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    comment Trigger function (before insert, row, if no time zone is given): the session takes that of its course, else of its student, else UTC. No arguments. Returns the row. Raises nothing.

function tutoring.update_scheduled_sessions(p_enrolled_courses_id integer, p_sessions jsonb) returns TABLE(updated integer, created integer, deleted integer, preserved integer)
    plpgsql volatile security definer parallel unsafe set search_path=tutoring, pg_temp
    acl sessionbook_app
    comment Replaces the plan of a course by a list. A session whose time is in the list stays, so the same plan again changes nothing. Sessions that are in progress, completed or over are preserved; if their time is not in the list, each counts as the earliest element that is left. The other future sessions are moved to the remaining elements in order of time, missing ones are created, surplus ones are soft-deleted. Cancelled sessions and no-shows are not changed; if they are over and their time is in the list, they count as that element. p_enrolled_courses_id: the course; p_sessions: the whole plan, as for create_sessions(); fields that an element does not have stay as they are. Returns one row with the numbers of sessions updated, created, deleted and preserved. Raises PT409 plan_too_short, and PT404 course_not_found, PT400 invalid_sessions, PT400 too_many (more than 1000 elements), PT400 invalid_session (the message says which element), PT400 time_is_over (an element is in the past and no session has its time).

function workshop._add_run_items(p_order workshop.orders, p_items workshop.order_items[]) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Writes the items of an order that are whole runs, and an enrollment in each of their sessions. p_order: the order, paid or pending; p_items: its items, runs as _run_items() gives them, the seats taken by the caller. Returns nothing. Raises nothing.

function workshop._as_booked(p_enrollment workshop.enrollments) returns workshop.enrollments
    plpgsql stable security invoker parallel unsafe set search_path=workshop, pg_temp
    comment An enrollment as it was booked, for callers that ask again with the key of then. p_enrollment: its row. Returns it with the session and the seats that it had at first. Raises nothing.

function workshop._bookable_sessions(p_workshop_id uuid, p_seats integer, p_now timestamp with time zone) returns SETOF workshop.workshop_sessions
    sql stable security invoker parallel safe set search_path=workshop, pg_temp
    comment Sessions of a workshop that can take p_seats more seats at p_now: on sale, with a run, nobody waiting; seats whose hold ran out are free. Soonest first. p_workshop_id: the workshop; p_seats: seats wanted; p_now: time to judge by. Returns rows of workshop_sessions. Raises nothing.

function workshop._change_booking(p_old workshop.enrollments, p_session_id uuid, p_seats integer, p_price numeric, p_now timestamp with time zone) returns workshop.enrollments
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Writes a booking that moves or gets more or fewer seats, with its item, its order, its history and an event. p_old: the enrollment as it was; p_session_id, p_seats, p_price: what it has now, the seats taken by the caller; p_now: time to judge by. An order for which nothing more is due becomes paid. Returns the row of enrollments. Raises PT400 amount_too_large.

function workshop._choose_sessions(p_items workshop.order_items[], p_now timestamp with time zone) returns workshop.order_items[]
    plpgsql stable security invoker parallel unsafe
    comment Gives each item of an order that names no session the soonest one of its workshop that takes the quantity, and puts the sessions of a run in the place of an item that names a whole one. p_items: the items; p_now: time to judge by. Returns them; session_id stays null if there is none. Raises what _run_items() raises.

function workshop._cloned_run(p_run workshop.workshop_runs, p_request jsonb) returns TABLE(new_run_id uuid, sessions_created integer)
    plpgsql stable security invoker parallel unsafe set search_path=workshop, pg_temp
    comment The run that an idempotency key of clone_workshop_sessions() was used for. p_run: the run; p_request: what is asked for now. Returns new_run_id and sessions_created (the sessions it has now). Raises PT409 idempotency_key_reused.

function workshop._close_sessions(p_session_ids uuid[]) returns SETOF workshop.cancellation_notice
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Cancels sessions with everybody in them: enrollments are cancelled, the waiting list is closed, the counter is 0. p_session_ids: the sessions; for one that was cancelled before, those still in it. Returns the people to inform, one row an enrollment (kind enrollment, with its order and what its seats cost) and one row a person who waited or had an offer (kind waitlist). Raises PT409 illegal_transition if one is completed; 55P03 order_made_meanwhile, to be called again.

function workshop._collect_expired_holds(p_session_id uuid, p_now timestamp with time zone) returns integer
    sql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Takes holds that ran out away from a session: enrollments of unpaid orders become cancelled (and keep expires_at), offers to people who waited become expired. p_session_id: the session, locked by the caller; p_now: time to judge by. Returns the seats they held, for the caller to subtract from the counter; those that another transaction has locked still count. Raises nothing.

function workshop._erase_old(p_limit integer) returns bigint
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Erases what identifies people from orders, enrollments and waiting list entries that are older than settings keep_personal; of an order or enrollment its last session counts. p_limit: most rows of each table. Returns how many were changed; 0: nothing is left to erase. Raises nothing.

function workshop._erase_rows(p_orders uuid[], p_enrollments uuid[], p_entries uuid[]) returns TABLE(table_name text, erased bigint)
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Erases what identifies a person from rows, and leaves all else; people who wait leave the waiting list. p_orders, p_enrollments, p_entries: keys of orders, enrollments and waiting list entries. Returns how many rows of each table were changed. Raises 55P03 offered_meanwhile, from leave_waitlist().

function workshop._find_enrollments(p_session_id uuid, p_student_email text, p_student_phone text, p_now timestamp with time zone) returns TABLE(enrollment_id uuid)
    sql stable security invoker parallel safe
    comment Active enrollments of one student in a session: with the same e-mail address in any case of letters, or the same phone number, however it is written, if one of the two has no address. p_session_id: the session; p_student_email, p_student_phone: of the student, null: not given; p_now: time to judge by, holds that ran out are ignored. Returns keys of enrollments. Raises nothing.

function workshop._find_order(p_creator_id uuid, p_idempotency_key text, p_customer_name text, p_customer_phone text, p_customer_email text, p_request jsonb, p_paid numeric, p_payment_reference text) returns workshop.orders
    plpgsql stable security invoker parallel unsafe set search_path=workshop, pg_temp
    comment The order that a key was used for. p_creator_id: who sells; p_idempotency_key: the key, null: none; p_customer_name, p_customer_phone, p_customer_email: of the order that is asked for now; p_request: its items, as create_order() keeps them; p_paid, p_payment_reference: money that came in, as the caller says (null: none). Returns the row of orders; all columns null if there is none. Raises PT409 idempotency_key_reused if it is of somebody else, was asked for other workshops, sessions or quantities, or no such payment is recorded.

function workshop._follow_runs(p_run_ids uuid[]) returns TABLE(run_id uuid, from_status text, to_status text)
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Brings status, start_date and end_date of runs in line with their sessions: cancelled ones do not count, unless all are; a run without sessions stays as it is. Notes in stale_runs of these runs go. p_run_ids: keys of workshop_runs that the caller has locked, or that are gone. Returns run_id, from_status and to_status of the runs that were written, the two alike if only dates changed. Raises nothing of its own.

function workshop._gather_sessions(p_workshop_id uuid, p_session_ids uuid[]) returns uuid
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Puts sessions under the default run of their workshop (Default Run - NAME, in Arabic too), made if missing, one a workshop. p_workshop_id: the workshop; p_session_ids: sessions of it, locked by the caller, at least one. Returns the key of the run. Raises nothing of its own.

function workshop._has_seats_to_offer(p_now timestamp with time zone) returns boolean
    sql stable security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Whether seats are free while people wait for them, or a waiting list is to be closed. p_now: time to judge by. Returns boolean. Raises nothing.

function workshop._has_waitlist_work(p_now timestamp with time zone) returns boolean
    sql stable security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Whether an offer ran out, seats are free while people wait for them, or a waiting list is to be closed. p_now: time to judge by. Returns boolean. Raises nothing.

function workshop._insert_order(p_creator_id uuid, p_customer_name text, p_customer_phone text, p_customer_email text, p_order_source text, p_items workshop.order_items[], p_expires_at timestamp with time zone, p_idempotency_key text, p_idempotency_request jsonb, p_paid numeric DEFAULT 0, p_payment_method text DEFAULT NULL::text, p_payment_reference text DEFAULT NULL::text) returns workshop.orders
    plpgsql volatile security invoker parallel unsafe
    comment Writes an order with its items and enrollments: pending, or paid if it costs no more than p_paid. p_creator_id: who sells; p_customer_name, p_customer_phone, p_customer_email: who buys (e-mail null: none); p_order_source: whatsapp, direct or qr; p_items: its items, each with its session, seats and price, of runs as _run_items() gives them, the seats taken by the caller; p_expires_at: until when the seats are held (null: nothing is due); p_idempotency_key, p_idempotency_request: what the caller's key stands for (null: none); p_paid: money that came in, which the caller records (default 0); p_payment_method, p_payment_reference: of that payment (default null: not given). Returns the row of orders. Raises PT409 session_closed (a trigger suppressed rows); 23505 if another call has just taken the key or the number.

function workshop._lock_bookable_session(p_session_id uuid, p_now timestamp with time zone) returns workshop.workshop_sessions
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Locks a session and raises an error if it cannot be booked. p_session_id: the session; p_now: time to judge by. Returns its row of workshop_sessions. Raises PT404 session_not_found, PT409 session_closed (detail: cancelled, completed, started, not open yet, closed, not on sale).

function workshop._lock_enrollment(p_enrollment_id uuid, p_expected_updated_at timestamp with time zone, p_session_id uuid DEFAULT NULL::uuid) returns workshop.enrollments
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Locks an enrollment, and before it its order and session. p_enrollment_id: the enrollment; p_expected_updated_at: when it was last changed, as the caller knows it (null: not checked); p_session_id: another session to be locked with its own (default none). Returns its row of enrollments. Raises PT404 enrollment_not_found, PT409 changed_meanwhile; 55P03 session_moved_meanwhile (call it again).

function workshop._lock_order(p_order_id uuid, p_expected_updated_at timestamp with time zone DEFAULT NULL::timestamp with time zone) returns workshop.orders
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Locks an order. p_order_id: the order; p_expected_updated_at: when it was last changed, as the caller knows it (default null: not checked). Returns its row of orders. Raises PT404 order_not_found, PT409 changed_meanwhile.

function workshop._lock_pending_orders(p_session_ids uuid[]) returns void
    sql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Locks the pending orders that have seats in given sessions. p_session_ids: the sessions, not locked yet. Returns nothing. Raises nothing.

function workshop._lock_session(p_session_id uuid, p_expected_updated_at timestamp with time zone) returns workshop.workshop_sessions
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Locks a session. p_session_id: the session; p_expected_updated_at: when it was last changed, as the caller knows it (null: not checked). Returns its row of workshop_sessions. Raises PT404 session_not_found, PT409 changed_meanwhile.

function workshop._lock_waitlist_entry(p_entry_id uuid) returns workshop.waitlist_entries
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Locks an entry of a waiting list, and before it its session, or those in which it holds seats. p_entry_id: the entry; of a run also one that holds seats for it. Returns its row of waitlist_entries. Raises PT404 waitlist_entry_not_found; 55P03 offered_meanwhile (call it again).

function workshop._next_order_number(p_creator_id uuid) returns text
    plpgsql volatile security invoker parallel unsafe
    comment The next order number of a creator: six digits, more if they run out; the first is one above the greatest number there is. If settings.order_numbers says all, numbers that any creator has used are skipped. p_creator_id: who sells. Returns text such as 000001. Raises nothing of its own.

function workshop._observe(p_rule text, p_machine text, p_subject_id text, p_from text, p_to text) returns boolean
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Whether what a rule would refuse is to pass, and if so, notes it. p_rule: key of the error; p_machine: what it is a rule of; p_subject_id: key of the row; p_from, p_to: before and after. Returns true if settings.rules says observe, else false. Raises nothing.

function workshop._offer_run(p_run_id uuid, p_now timestamp with time zone) returns bigint
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Offers whole runs to those who wait for them, as far down the queue as seats suffice in every session that is still to come; lets offers expire that ran out; closes the list of a run of which nothing is to come. p_run_id: the run; p_now: time to judge by. Returns how many entries moved; also 0 if one of the sessions is locked. Raises nothing of its own.

function workshop._offer_seats(p_session_id uuid, p_workshop_id uuid, p_taken integer, p_free integer, p_until timestamp with time zone, p_now timestamp with time zone) returns TABLE(people integer, seats integer)
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Offers free seats of a session to those who wait longest, higher priorities first, in order of the queue as far as the seats suffice. p_session_id: the session, locked by the caller; p_workshop_id: its workshop, which must be on sale; p_taken: seats that the caller is about to take besides, which is refused while people wait; p_free: seats free (null: unlimited); p_until: when its bookings end, no offer lasts longer (null or past: it takes none, and nothing is offered); p_now: time to judge by. Returns one row: people who were made an offer, and the seats this holds. Raises PT409 session_full.

function workshop._order_money(p_order_id uuid) returns TABLE(payable numeric, paid numeric)
    sql stable security invoker parallel unsafe set search_path=workshop, pg_temp
    comment What an order is paid with, and what was paid. p_order_id: the order. Returns one row: payable (the price of its seats, including those whose hold ran out and that a late payment takes again) and paid (what was paid and not refunded), in units of its currency. Raises nothing.

function workshop._order_request(p_items workshop.order_items[]) returns jsonb
    sql stable security invoker parallel safe set search_path=workshop, pg_temp
    comment What an idempotency key of create_order() stands for: the items as the caller named them, in an order that does not depend on the caller's. p_items: as _read_order_items() gives them. Returns an array of objects. Raises nothing.

function workshop._people_to_tell(p_session_ids uuid[], p_now timestamp with time zone) returns SETOF workshop.cancellation_notice
    plpgsql stable security invoker parallel unsafe set search_path=workshop, pg_temp
    comment The people to inform about what happens to sessions. p_session_ids: the sessions; p_now: time to judge by. Returns one row an enrollment that has its seats (kind enrollment) and one row a person who waits or has an offer (kind waitlist). Raises nothing.

function workshop._phone_keys(p_phone text, p_country_code text) returns text[]
    sql immutable security invoker parallel safe set search_path=workshop, pg_temp
    comment Digits that stand for a phone number in lifecycle.phone_key(), as it is and with or without the country code. p_phone: as people write it; p_country_code: of the settings, null: none. Returns text[]; empty: there are no digits in it. Raises nothing.

function workshop._purge_history(p_before timestamp with time zone, p_limit integer) returns bigint
    sql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Deletes the oldest entries of waiting lists that are closed. p_before: those that joined before (null: none); p_limit: most rows. Returns how many were deleted; 0: nothing is left to delete. Raises nothing.

function workshop._read_order_items(p_creator_id uuid, p_items jsonb, p_is_repeated boolean DEFAULT false) returns workshop.order_items[]
    plpgsql stable security invoker parallel unsafe
    comment Reads and checks the items of an order without writing any. p_creator_id: who sells; p_items: array of objects with run_id, session_id or workshop_id, and quantity (default 1, 1 to 10000 seats); p_is_repeated: the order was made already, so nothing is checked that may have changed since, such as whether a workshop is on sale (default false). Returns an array of rows of order_items in the order of the list, names and prices filled in unless it is repeated; a row without session_id leaves the choice to create_order(). Raises PT400 invalid_items, PT400 too_many (more than 100 items), PT404 creator_not_found, PT400 invalid_item (the message says which element and what is wrong).

function workshop._read_people(p_people jsonb) returns workshop.enrollments[]
    plpgsql stable security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Reads and checks a list of people to enroll without writing any. p_people: array of 1 to 1000 objects with student_name and any of student_email, student_phone and seats (default 1, 1 to 10000). Returns an array of rows of enrollments in the order of the list, with these four filled in. Raises PT400 invalid_people, PT400 too_many, PT400 invalid_person (the message says which element and what is wrong).

function workshop._record_money(p_order_id uuid, p_kind text, p_amount numeric, p_method text, p_reference text) returns boolean
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Records money of an order. p_order_id: the order, locked by the caller; p_kind: payment or refund; p_amount: above 0, in units of its currency; p_method: how (at most 50 characters, null: not said); p_reference: the payment provider's (at most 255, null: none). Returns true; false if the same was recorded before. Raises PT400 invalid_amount, PT400 text_too_long, PT409 reference_reused.

function workshop._refuse_long_texts(p_name text, p_email text, p_phone text, p_key text) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Refuses a text that is longer than what is kept of it, by its name. p_name (255 characters), p_email (255), p_phone (50), p_key (200): what the caller sent, null: nothing. Returns nothing if all fit. Raises PT400 text_too_long.

function workshop._refuse_reused_key(p_enrollment_id uuid) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Refuses a key that belongs to another booking. p_enrollment_id: the booking. Never returns. Raises PT409 idempotency_key_reused.

function workshop._reopen_waitlist(p_session_id uuid) returns integer
    sql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Opens entries of the waiting list again that the clock closed when the session began, those for its whole run included. p_session_id: the session, locked by the caller, with a start in the future. Returns how many wait for the session, for the caller to add to waiting_count. Raises nothing.

function workshop._require_active(p_enrollment workshop.enrollments, p_now timestamp with time zone) returns void
    plpgsql stable security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Refuses an enrollment that has no seats. p_enrollment: its row; p_now: time to judge by. Returns nothing. Raises PT409 enrollment_not_active (cancelled, rejected, or its hold ran out).

function workshop._require_amount(p_amount numeric) returns numeric
    plpgsql immutable security invoker parallel safe set search_path=workshop, pg_temp
    comment An amount of money that can be kept. p_amount: in units of a currency. Returns it. Raises PT400 amount_too_large.

function workshop._require_apart(p_enrollment workshop.enrollments, p_session_id uuid) returns void
    plpgsql stable security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Refuses a session that has another enrollment of the same item of an order, or of the same booking of a run. p_enrollment: the enrollment that is to be there; p_session_id: the session; both and the order locked by the caller. Returns nothing. Raises PT409 already_enrolled.

function workshop._require_buyer(p_customer_name text, p_customer_phone text, p_customer_email text, p_order_source text, p_hold interval, p_idempotency_key text, p_now timestamp with time zone) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Refuses somebody who cannot order like this. p_customer_name, p_customer_phone: who, not blank; p_customer_email, p_idempotency_key: what the caller sent, null: nothing; p_order_source: whatsapp, direct or qr; p_hold: how long seats are held, above nothing and at most 366 days; p_now: time to judge by. Returns nothing. Raises PT400 hold_not_positive, PT400 hold_too_long, PT400 name_missing, PT400 phone_missing, PT400 unknown_source, PT400 text_too_long.

function workshop._require_cancellable(p_enrollment_id uuid, p_session_id uuid, p_now timestamp with time zone) returns void
    plpgsql stable security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Refuses if it is too late to give up seats. p_enrollment_id: whose seats; p_session_id: its session; p_now: time to judge by. Returns nothing. Raises PT409 cancel_deadline_passed (after cancel_until of the session, or once that has started).

function workshop._require_new_student(p_session_id uuid, p_student_email text, p_student_phone text, p_now timestamp with time zone) returns void
    plpgsql stable security invoker parallel safe set search_path=workshop, pg_temp
    comment Raises an error if a student has an active enrollment in a session. p_session_id: the session, locked by the caller; p_student_email, p_student_phone: of the student, null: not given; p_now: time to judge by. Returns nothing. Raises PT409 already_enrolled.

function workshop._require_payment(p_amount numeric, p_method text, p_reference text) returns void
    plpgsql immutable security invoker parallel safe set search_path=workshop, pg_temp
    comment Refuses money that cannot be recorded like this. p_amount: above 0, in units of a currency; p_method: how it was paid (at most 50 characters, null: not said); p_reference: the payment provider's (at most 255, null: none). Returns nothing. Raises PT400 invalid_amount, PT400 text_too_long.

function workshop._require_run_turn(p_items workshop.order_items[], p_now timestamp with time zone, p_waits boolean DEFAULT false) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Refuses somebody who took seats in all sessions of a run and may not have them. p_items: the items, whole runs with run_id and each of their sessions, which the caller has locked; p_now: time to judge by; p_waits: it is about a place in the queue (default false). Returns nothing. Raises PT409 session_full (the run has other sessions now, or people wait for it).

function workshop._require_seats(p_seats integer) returns void
    plpgsql immutable security invoker parallel safe set search_path=workshop, pg_temp
    comment Refuses a number of seats that cannot be booked. p_seats: 1 to 10000. Returns nothing. Raises PT400 seats_not_positive, PT400 too_many.

function workshop._require_student(p_student_name text, p_student_email text, p_student_phone text, p_seats integer, p_idempotency_key text) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Refuses somebody who cannot book or wait like this. p_student_name: who, not blank; p_student_email, p_student_phone, p_idempotency_key: what the caller sent, null: nothing; p_seats: 1 to 10000. Returns nothing. Raises PT400 seats_not_positive, PT400 too_many, PT400 name_missing, PT400 text_too_long.

function workshop._require_workshop(p_workshop_id uuid) returns void
    plpgsql stable security invoker parallel safe set search_path=workshop, pg_temp
    comment Raises an error if a workshop does not exist. p_workshop_id: the workshop. Returns nothing. Raises PT404 workshop_not_found.

function workshop._require_written(p_table text, p_rows bigint, p_wanted bigint) returns void
    plpgsql stable security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Raises an error if not all rows of a booking were written. p_table: name of the table; p_rows: rows that were written; p_wanted: rows that belong to the booking. Returns nothing. Raises PT409 session_closed.

function workshop._rows_of_person(p_email text, p_phone text) returns TABLE(table_name text, id uuid, texts text[])
    sql stable security invoker parallel safe set search_path=workshop, pg_temp
    comment Rows that are about one person. p_email: e-mail address, in any case; p_phone: number in any spelling; null: not known by it. Returns the table, the key, and name, address and number as they are there. Raises nothing.

function workshop._run_facts(p_run_id uuid) returns TABLE(status text, start_date date, end_date date)
    sql stable security invoker parallel safe
    comment What the sessions of a run make of it; cancelled ones do not count, unless all are. p_run_id: the run. Returns status, start_date and end_date, one row; no row if the run has no sessions. Raises nothing.

function workshop._run_items(p_run_id uuid, p_seats integer, p_now timestamp with time zone) returns SETOF workshop.order_items
    plpgsql stable security invoker parallel unsafe set search_path=workshop, pg_temp
    comment What a booking of a whole run takes: one row for each session that is still to come, in id order. p_run_id: the run; p_seats: seats in each, 1 or more; p_now: time to judge by. Returns rows of order_items with the run, session, seats (quantity), the price of one seat in the whole run (price), and each session's share of what is due (subtotal: alike, the first has what does not divide). Raises PT404 run_not_found, PT409 session_closed (nothing is still to come), PT400 amount_too_large.

function workshop._settle_order(p_order_id uuid, p_now timestamp with time zone) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Lets a pending order be paid, with its enrollments, if it has seats, none of its holds ran out, and nothing more is due. p_order_id: the order, locked by the caller (null: none); p_now: time to judge by. Returns nothing. Raises nothing.

function workshop._take_order_seats(p_items workshop.order_items[], p_now timestamp with time zone) returns timestamp with time zone
    plpgsql volatile security invoker parallel unsafe
    comment Takes the seats of all items of an order, or of none. p_items: the items, each with its session; p_now: time to judge by. Returns the start of the first of these sessions. Raises PT404 session_not_found, PT409 session_closed, PT409 session_full.

function workshop._take_seats(p_session_id uuid, p_seats integer) returns void
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Takes seats of a session for somebody who does not wait for them. p_session_id: the session, locked by the caller; p_seats: how many. Returns nothing. Raises PT409 session_full, also if people wait, who come first.

function workshop.accept_offer(p_entry_id uuid, p_customer_phone text DEFAULT NULL::text) returns workshop.enrollments
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Turns an offer into an enrollment, once. A repeated call returns the same row, even if it was cancelled since: the offer is used up. p_entry_id: the entry of the waiting list, for a session or a whole run; p_customer_phone: phone number for the order (default: that of the entry; needed only if money is due). Returns the row of enrollments (of a run the first one; the others have the same run_booking_id): successful if nothing is due. Else pending, in a new order (order_id) that must be paid until expires_at: that is the end of the offer, but at least half an hour from now and at most the start of the session. Raises PT400 amount_too_large, PT400 phone_missing, PT400 text_too_long, PT404 waitlist_entry_not_found, PT404 enrollment_not_found (it has been deleted since), PT409 offer_expired, PT409 not_offered, PT409 session_closed (the detail gives the reason), PT409 already_enrolled; 55P03 offered_meanwhile(call it again).

function workshop.apply_step(p_step text, p_ids text[], p_now timestamp with time zone) returns bigint
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Does a step of the clock for given sessions, if it is due; their runs follow, at once or with the step follow_runs. p_step: one of steps(); p_ids: keys of sessions, for offer_runs and follow_runs of runs, locked by the caller; p_now: time to judge by. Returns how many holds, offers, sessions or runs moved. Raises only what the application's own constraints and triggers raise.

function workshop.audit_seats(p_also_over boolean) returns TABLE(session_id uuid, problem text, detail text, ids uuid[])
    sql stable security invoker parallel unsafe
    acl sessionbook_app sessionbook_reader
    comment Finds contradictions about seats and their money, one row each, as seat_audit. p_also_over: true also checks past sessions and their orders, and so reads all rows. Returns the columns of seat_audit. Raises nothing.

function workshop.calendar_feed_by_token(p_token text) returns text
    plpgsql stable security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment The calendar that a token opens. p_token: as create_calendar_token() returned it. Returns text as calendar_feed(). Raises PT404 calendar_not_found (the token was never made, or it was revoked, or what it was for is gone).

function workshop.calendar_feed(p_scope text, p_id text) returns text
    plpgsql stable security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment A calendar in the format of RFC 5545, for any calendar application. It has future sessions and those that ended or changed in the last 90 days, 2000 at most. Cancelled ones have the status CANCELLED; each move increases SEQUENCE. p_scope: session, workshop or student; p_id: the key of that session or workshop, or the e-mail address of the student. Returns text, to be served with the content type text/calendar; charset=utf-8. Raises PT400 unknown_scope, PT404 calendar_not_found.

function workshop.cancel_enrollment(p_enrollment_id uuid, p_expected_updated_at timestamp with time zone DEFAULT NULL::timestamp with time zone) returns workshop.enrollments
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Cancels an enrollment and frees its seats. A cancelled enrollment stays as it is. p_enrollment_id: the enrollment; p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked). Returns its row. If its hold had run out, a late payment can no longer restore it. If the order has seats left and nothing more is due for them, it becomes paid. Raises PT404 enrollment_not_found, PT409 cancel_deadline_passed (after cancel_until of its session, or once that has started), PT409 changed_meanwhile, PT409 session_closed (a trigger of the application prevented the update); 55P03 session_moved_meanwhile (call it again).

function workshop.cancel_run(p_run_id uuid, p_expected_updated_at timestamp with time zone DEFAULT NULL::timestamp with time zone) returns SETOF workshop.cancellation_notice
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Cancels all sessions of a run that are not completed, each as cancel_session() does; the run follows at the end of the transaction: cancelled, or completed if a session took place. p_run_id: the run; p_expected_updated_at: updated_at of the run's row that the caller has seen (null: not checked). Returns the people to inform, as cancel_session(). Raises PT404 run_not_found, PT409 changed_meanwhile; 55P03 order_made_meanwhile, to be called again.

function workshop.cancel_session(p_session_id uuid, p_expected_updated_at timestamp with time zone DEFAULT NULL::timestamp with time zone) returns SETOF workshop.cancellation_notice
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Cancels a session and all its enrollments, closes its waiting list, and sets its seat counter to 0. Orders keep their status, because a person decides about refunds. Only if an order has seats left elsewhere and nothing more is due for them, it becomes paid. p_session_id: the session; p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked). Returns the people to inform, one row an enrollment (kind enrollment, with its order and what its seats cost) and one row a person who waited (kind waitlist); a repeated call returns none. Raises PT404 session_not_found, PT409 changed_meanwhile, PT409 illegal_transition (it is completed); 55P03 order_made_meanwhile, to be called again.

function workshop.change_seats(p_enrollment_id uuid, p_seats integer, p_expected_updated_at timestamp with time zone DEFAULT NULL::timestamp with time zone) returns workshop.enrollments
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Changes the seats of an enrollment. More seats are taken as by enroll(), at the price that was booked; order_balance shows what is due then, even if the order was paid. Fewer seats: the rest go to the next in line, less is due, and order_balance shows what is to be refunded. p_enrollment_id: the enrollment; p_seats: the new number of seats, 1 to 10000; p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked). Returns its row of enrollments. Raises PT400 seats_not_positive, PT400 too_many, PT400 amount_too_large, PT404 enrollment_not_found, PT409 enrollment_not_active, PT409 cancel_deadline_passed (fewer seats), PT409 session_closed (more seats, or a trigger prevented the update), PT409 session_full (more seats), PT409 changed_meanwhile; 55P03 session_moved_meanwhile(call it again).

function workshop.clone_workshop_sessions(p_workshop_id uuid, p_new_start_date date, p_run_name character varying DEFAULT NULL::character varying, p_source_run_id uuid DEFAULT NULL::uuid, p_idempotency_key text DEFAULT NULL::text) returns TABLE(new_run_id uuid, sessions_created integer)
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Repeats a workshop: copies one of its runs so that it begins on another day. All dates, booking windows and cancel deadlines move by the same number of days; local times, zone and price stay. Sessions are numbered from 1 by date and time, and have no attendees. Cancelled sessions are not copied. p_workshop_id: the workshop; p_new_start_date: first local day of the copy; p_run_name: name of the copy (null or empty: one such as Session July 2025, with an Arabic one); p_source_run_id: run to copy (default: the latest that is not cancelled, else the sessions without a run); p_idempotency_key: made up by the caller for this copy, so that a repeated call returns the same run (default none). Returns new_run_id and sessions_created, one row. Raises PT400 start_date_missing, PT400 invalid_start_date, PT400 text_too_long, PT400 source_run_mismatch, PT404 workshop_not_found, PT404 nothing_to_clone, PT409 idempotency_key_reused, PT409 session_closed (a trigger of the application suppressed rows).

function workshop.complete_by_flag() returns trigger
    plpgsql volatile security invoker parallel unsafe
    comment Trigger function (before insert or update of is_completed, row, if the flag is set on a session that is not completed, or taken from one whose time is not over): status becomes completed, or upcoming. No arguments. Returns the row. Raises nothing.

function workshop.create_calendar_token(p_scope text, p_id text) returns text
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Makes a secret that opens one calendar to anybody who has it, without signing in. p_scope, p_id: as calendar_feed() takes them. Returns the token, 64 letters and digits; it is returned once and not stored. Raises PT400 unknown_scope, PT404 calendar_not_found.

function workshop.create_order(p_creator_id uuid, p_customer_name text, p_customer_phone text, p_items jsonb, p_order_source text DEFAULT 'whatsapp'::text, p_hold interval DEFAULT '00:30:00'::interval, p_customer_email text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text, p_paid numeric DEFAULT NULL::numeric, p_payment_method text DEFAULT NULL::text, p_payment_reference text DEFAULT NULL::text) returns workshop.orders
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp, plan_cache_mode=force_generic_plan
    acl sessionbook_app
    comment Makes an order and holds its seats until it is paid, all of them or none. p_creator_id: who sells; p_customer_name, p_customer_phone, p_customer_email: who buys (e-mail default none); p_items: array of objects with run_id (all sessions of that run that are still to come), session_id, or workshop_id (its soonest session with enough seats), and optionally quantity (seats in each session, default 1); p_order_source: whatsapp, direct or qr (default whatsapp); p_hold: how long the seats are held without payment (default 30 minutes, at most 366 days, and never beyond the start of the first session); p_idempotency_key: made up by the caller for this order, so that a repeated call returns the same order (default none); p_paid: money that has already been paid, above 0, in units of the order's currency; recorded as by record_payment() (default null: none); p_payment_method, p_payment_reference: of that payment (default null: not given). Returns the row of orders, pending, with its number and the sum of today's prices; its order_items have their session and run (for a whole run only the run); its enrollments, one for each session and item, are pending until expires_at, and order_enrollments() returns them, even in the same statement. If it costs 0 or no more than p_paid, the order is paid and its enrollments are successful at once; if it costs more, it stays pending, as after a part payment. Raises PT400 hold_not_positive, PT400 hold_too_long, PT400 name_missing, PT400 phone_missing, PT400 unknown_source, PT400 text_too_long, PT400 invalid_amount, PT400 invalid_items, PT400 invalid_item, PT400 too_many (more than 100 items), PT400 amount_too_large, PT404 creator_not_found, PT409 session_full, PT409 session_closed, PT409 idempotency_key_reused (also if the order with that key has another payment).

function workshop.default_currency() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    comment Trigger function (before insert, row): a workshop or an order without a currency takes that of settings, if any. No arguments. Returns the row. Raises nothing.

function workshop.default_timezone() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    comment Trigger function (before insert, row): a session without a time zone takes that of settings. No arguments. Returns the row. Raises nothing.

function workshop.default_workshop_title() returns trigger
    plpgsql volatile security invoker parallel unsafe
    comment Trigger function (before insert, row): a workshop without a title takes its name. No arguments. Returns the row. Raises nothing.

function workshop.derive_creator_search() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    comment Trigger function (before insert or update, row): search_text follows from the names of a creator, whatever the statement says. No arguments. Returns the row. Raises nothing.

function workshop.derive_session_instants() returns trigger
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Trigger function (before insert or update of dates, times, duration, zone, booking window or what follows from them, row): sets last_date, starts_at, ends_at and over_at. An end at or before the start of a single day is on the next day; without an end the session takes duration hours, without either it lasts to the end of its last day. If the start, or that of the last day, falls into the hour that daylight saving time skips, the end moves too and the length stays. No arguments. Returns the row. Raises PT400 invalid_session_dates (no list of ISO dates, or an infinite day), PT400 too_many (more than 1000 dates), PT400 end_before_start (a last day before the first, or a duration that is not above 0), PT400 booking_window_empty (bookings close before they open).

function workshop.derive_session_status() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    comment Trigger function (before insert or update of the counter or the capacity, row): upcoming, active and full follow current_attendees and max_attendees, whatever the statement says of them. If seats run short or people wait, holds that ran out are collected and subtracted from the counter; seats that are free are offered to those who wait, and refused to anybody else. No arguments. Returns the row. Raises PT400 seat_count_negative, PT409 session_full (more attendees than seats, by a seat taken or by a capacity lowered).

function workshop.derive_workshop_search() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    comment Trigger function (before insert or update, row): search_text follows from name and titles of a workshop, whatever the statement says. No arguments. Returns the row. Raises nothing.

function workshop.double_enrollments(p_also_over boolean) returns TABLE(session_id uuid, first_id uuid, second_id uuid)
    sql stable security definer parallel restricted set search_path=workshop, pg_temp
    acl sessionbook_app sessionbook_reader
    comment Pairs of active enrollments of the same student in one session, by the rule of enroll(), for audit_seats(). p_also_over: also of sessions that are over. Returns session_id and the keys of both. Raises nothing.

function workshop.due_rows(p_step text, p_now timestamp with time zone, p_limit integer) returns text[]
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp, plan_cache_mode=force_generic_plan
    comment Finds and locks the rows that a step of the clock is due for. p_step: one of steps(); p_now: time to judge by; p_limit: most holds, offers, sessions or runs. Returns keys of sessions (for offer_runs and follow_runs, of runs), the longest due first, without locked rows and without rows that failed and are not yet to be tried again. Raises nothing of its own.

function workshop.due_steps(p_now timestamp with time zone) returns TABLE(step text, subject_id text, due_at timestamp with time zone, locked_by xid)
    sql stable security invoker parallel safe
    acl sessionbook_app sessionbook_reader
    comment What is due and the clock has not done yet: holds and offers that ran out, free seats that people wait for, waiting lists of sessions that have started, sessions that are over, runs that have to follow their sessions. p_now: time to judge by. Returns step, subject_id (a session, for offer_runs and follow_runs a run; once for every hold, offer or note), due_at (since when, for free seats the session's start) and locked_by (xmax of that session or run). Raises nothing.

function workshop.enforce_status() returns trigger
    plpgsql stable security definer parallel unsafe set search_path=workshop, pg_temp
    comment Trigger function (before insert or update, row): checks column status against status_rules. Argument: the machine, such as workshop.run. The cause of a move is clock while the clock moves its rows, else person; a move that only seats make is accepted if the seats say so. A new row may have any known status. Returns the row. Raises PT400 unknown_status, PT409 illegal_transition (detail: the moves allowed from here).

function workshop.enroll_many(p_session_id uuid, p_people jsonb, p_idempotency_key text DEFAULT NULL::text) returns SETOF workshop.enrollments
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp, plan_cache_mode=force_custom_plan
    acl sessionbook_app
    comment Enrolls a list of people in a session, all of them or none, as enroll() does for one. It asks for no payment. p_session_id: the session; p_people: array of 1 to 1000 objects with student_name and any of student_email, student_phone and seats (default 1, 1 to 10000); p_idempotency_key: made up by the caller for this list, so that a repeated call returns the same rows (default none). Returns the rows of enrollments in the order of the list, successful; if a key is given, each row has it followed by the place in the list, such as my-key/1. Raises PT400 invalid_people, PT400 invalid_person (the message says which and what is wrong), PT400 too_many, PT400 text_too_long, PT400 amount_too_large, PT404 session_not_found, PT409 session_closed (the detail gives the reason), PT409 already_enrolled (the message says who; also if two people in the list are the same), PT409 session_full (also if people are on the waiting list), PT409 idempotency_key_reused.

function workshop.enroll_run(p_run_id uuid, p_student_name text, p_student_email text, p_student_phone text DEFAULT NULL::text, p_seats integer DEFAULT 1, p_idempotency_key text DEFAULT NULL::text) returns SETOF workshop.enrollments
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp, plan_cache_mode=force_generic_plan
    acl sessionbook_app
    comment Enrolls a student in all future sessions of a run, or in none. It asks for no payment, as enroll(). p_run_id: the run; p_student_name: who, not blank; p_student_email, p_student_phone: how to reach them (null: not given); p_seats: how many in each session (default 1, 1 to 10000); p_idempotency_key: made up by the caller for this booking, so that a repeated call returns the same rows (default none). Returns the rows of enrollments, one a session, successful, with the same run_booking_id; their total_price adds up to the price of the run. Raises PT400 seats_not_positive, PT400 too_many, PT400 name_missing, PT400 text_too_long, PT400 amount_too_large, PT404 run_not_found, PT409 session_closed (no future session, one session cannot be booked now, or the workshop is not on sale), PT409 already_enrolled (in one of the sessions), PT409 session_full (one of them is full, or people are on its waiting list), PT409 idempotency_key_reused.

function workshop.enroll(p_session_id uuid, p_student_name text, p_student_email text DEFAULT NULL::text, p_student_phone text DEFAULT NULL::text, p_seats integer DEFAULT 1, p_idempotency_key text DEFAULT NULL::text) returns workshop.enrollments
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Enrolls a student: takes seats in a session and writes the enrollment, both or neither. It asks for no payment, whatever the price; if payment comes first, call create_order(). p_session_id: the session; p_student_name: who, not blank; p_student_email, p_student_phone: how to reach them (null: not given); p_seats: how many (default 1, 1 to 10000); p_idempotency_key: made up by the caller for this booking, so that a repeated call returns the same row (default none). Returns the row of enrollments, status successful, total_price the price of the seats. Raises PT400 seats_not_positive, PT400 too_many, PT400 name_missing, PT400 text_too_long, PT400 amount_too_large, PT404 session_not_found, PT409 session_closed (the detail gives the reason), PT409 already_enrolled, PT409 session_full (also if people are on the waiting list, who come first), PT409 idempotency_key_reused.

function workshop.ensure_default_workshop_run(p_workshop_id uuid) returns uuid
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Puts the sessions of a workshop that have no run into its default run (named Default Run - NAME, in Arabic too). It is made if it is missing; a workshop has one. p_workshop_id: the workshop. Returns the key of the run; null if every session has one. Raises PT404 workshop_not_found.

function workshop.erase_person(p_email text DEFAULT NULL::text, p_phone text DEFAULT NULL::text) returns TABLE(table_name text, erased bigint, kept text)
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Erases what identifies a person from all tables of the installation. Seats, amounts, statuses and numbers stay; the person leaves waiting lists first. p_email: e-mail address, in any case; p_phone: phone number, in any spelling. At least one of the two; rows with an address are found by the address, others by the number. Returns one row a table: how many rows were changed, what was kept, and why. Raises PT400 contact_missing, PT400 text_too_long; of leave_waitlist() 55P03 offered_meanwhile (call it again).

function workshop.export_person(p_email text DEFAULT NULL::text, p_phone text DEFAULT NULL::text) returns jsonb
    plpgsql stable security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Everything that the installation holds about one person. p_email, p_phone: as for erase_person(). Returns a jsonb object: table to array of rows, the oldest first, each with all its columns; orders with items and payments, enrollments with workshop, start, attendance and changes; {} if nothing is known. Raises PT400 contact_missing, PT400 text_too_long.

function workshop.follow_stale_run() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    comment Trigger function (after insert on stale_runs, row, deferred): the run follows its sessions, if it is not locked. No arguments. Returns null. Raises nothing of its own.

function workshop.get_available_sessions(p_workshop_id uuid) returns SETOF workshop.workshop_sessions
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Sessions of a workshop that can be booked now, soonest first: on sale, with a run, with a seat left. If there is none, sessions without a run are first put into the default run, unless the transaction is read-only. p_workshop_id: the workshop. Returns rows of workshop_sessions; none if nothing can be booked. Raises PT404 workshop_not_found, 55P03 table_altered (an upgrade changed the table: call it again).

function workshop.get_next_available_session(p_workshop_id uuid, p_seats integer DEFAULT 1) returns SETOF workshop.workshop_sessions
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment The soonest session of a workshop with enough free seats and a run. If there is none, sessions without a run are first put into the default run, unless the transaction is read-only. p_workshop_id: the workshop; p_seats: seats wanted (default 1, at least 1). Returns zero or one row of workshop_sessions. Raises PT400 seats_not_positive, PT404 workshop_not_found, 55P03 table_altered (an upgrade changed the table: call it again).

function workshop.has_work(p_now timestamp with time zone) returns boolean
    sql stable security invoker parallel unsafe set search_path=workshop, pg_temp, plan_cache_mode=force_generic_plan, enable_seqscan=off, jit=off, row_security=off
    comment Whether a pass of the clock may have something to do: something is due, or a failed step has to be tried again or deleted. p_now: time to judge by. Returns false only if there is nothing. Raises nothing.

function workshop.is_on_sale(p_is_active boolean, p_status text, p_shop_is_open boolean) returns boolean
    sql immutable security invoker parallel safe
    acl sessionbook_app sessionbook_reader
    comment Whether a workshop is sold. p_is_active, p_status: of the workshop; p_shop_is_open: is_active of its creator. Returns true for one that is active and published, of a shop that is open. Raises nothing.

function workshop.join_run_waitlist(p_run_id uuid, p_student_name text, p_student_email text, p_student_phone text DEFAULT NULL::text, p_seats integer DEFAULT 1, p_priority integer DEFAULT 0) returns workshop.waitlist_entries
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Puts a student on the waiting list for all future sessions of a run, if these cannot be booked now. The clock makes the offer and holds seats in each of these sessions; accept_offer() and leave_waitlist() take the entry. p_run_id: the run; p_student_name: who, not blank; p_student_email, p_student_phone: how to reach them (null: not given); p_seats: how many in each session (default 1, 1 to 10000); p_priority: higher ones are offered seats first (default 0). Returns the row of waitlist_entries. Raises PT400 seats_not_positive, PT400 too_many, PT400 name_missing, PT400 text_too_long, PT400 amount_too_large, PT404 run_not_found, PT409 session_closed, PT409 already_enrolled, PT409 already_waiting, PT409 seats_available, PT409 session_full (a session has fewer seats in all, or the sessions of the run have just changed).

function workshop.join_waitlist(p_session_id uuid, p_student_name text, p_student_email text, p_student_phone text DEFAULT NULL::text, p_seats integer DEFAULT 1, p_priority integer DEFAULT 0) returns workshop.waitlist_entries
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Puts a student on the waiting list of a session whose seats cannot be booked now. p_session_id: the session; p_student_name: who, not blank; p_student_email, p_student_phone: how to reach them (null: not given); p_seats: how many, offered together or not at all (default 1, 1 to 10000); p_priority: higher ones go first (default 0); with the same priority, who joined earlier. Returns the row of waitlist_entries: waiting; or already offered, if its priority is the highest and its seats are free. Raises PT400 seats_not_positive, PT400 too_many, PT400 name_missing, PT400 text_too_long, PT404 session_not_found, PT409 session_closed (the detail gives the reason), PT409 already_enrolled, PT409 already_waiting, PT409 seats_available, PT409 session_full (more seats than the session has in all).

function workshop.leave_waitlist(p_entry_id uuid) returns workshop.waitlist_entries
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Removes a student from a waiting list. Seats that were offered go to the next in line in the same transaction. p_entry_id: the entry. Returns its row: left; or unchanged, if it had already left, expired or been closed. Raises PT404 waitlist_entry_not_found, PT409 offer_redeemed; 55P03 offered_meanwhile (call it again).

function workshop.list_available_sessions(p_workshop_id uuid, p_seats integer DEFAULT 1, p_after uuid DEFAULT NULL::uuid, p_limit integer DEFAULT 20) returns TABLE(session_id uuid, run_id uuid, session_number integer, session_date date, start_time time without time zone, end_time time without time zone, timezone text, starts_at timestamp with time zone, ends_at timestamp with time zone, location text, location_ar text, available_seats integer, seat_price numeric, currency text)
    plpgsql stable security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Sessions of a workshop that can take p_seats more seats now, soonest first, a page at a time: get_available_sessions() without its fallback, so it writes nothing. p_workshop_id: the workshop; p_seats: seats wanted (default 1); p_after: session_id of the last row of the page before (null: the first page); p_limit: rows (default 20, at most 100 are given). Returns keys, local and absolute times, place, available_seats (null: unlimited), seat_price (of one seat, in units of currency) and currency; no rows: nothing is on sale, or there is no such workshop. Raises PT400 seats_not_positive, PT404 session_not_found (p_after is not a session of the workshop).

function workshop.mark_attendance(p_session_id uuid, p_marks jsonb) returns SETOF workshop.enrollments
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Records who came on which day of a session. completion_status follows: in_progress from the first attended day on, completed once the share settings.completion_share of its days was attended (by default all); dropped stays. p_session_id: the session, which has begun; p_marks: array of at most 1000 objects with enrollment_id, status (attended or absent) and any of day (a local day of the session, default the first); a second mark replaces the first. Returns the rows of enrollments that were marked. Raises PT400 invalid_marks, PT400 too_many, PT400 invalid_mark (the message says which element and what is wrong), PT404 session_not_found, PT404 attendee_not_found, PT409 session_closed (it is cancelled), PT409 session_not_started.

function workshop.mirror_completion() returns trigger
    plpgsql volatile security invoker parallel unsafe
    comment Trigger function (before insert or update, row): is_completed is true exactly when status is completed. No arguments. Returns the row. Raises nothing.

function workshop.my_bookings(p_contact text, p_after uuid DEFAULT NULL::uuid, p_limit integer DEFAULT 20) returns TABLE(enrollment_id uuid, session_id uuid, workshop_id uuid, title text, title_ar text, session_date date, start_time time without time zone, end_time time without time zone, timezone text, starts_at timestamp with time zone, location text, location_ar text, session_status text, session_status_ar text, seats integer, status text, status_ar text, held_until timestamp with time zone, cancel_until timestamp with time zone, total_price numeric, currency text, order_id uuid, order_number text)
    plpgsql stable security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment The bookings of a person, the latest session first, a page at a time. p_contact: an e-mail address, in any case, or a phone number with its country code, in any spelling; p_after: enrollment_id of the last row of the page before (null: the first page); p_limit: rows (default 20, at most 100 are given). Returns one row an enrollment, cancelled ones too, with its session, its status in English and Arabic, until when its seats are held for payment and until when it may be cancelled; no rows: nothing was booked. Raises nothing.

function workshop.note_listed_runs() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    comment Trigger function (after insert or delete, statement, with transition table listed): notes runs that gained or lost sessions in stale_runs. No arguments. Returns null. Raises nothing.

function workshop.note_stale_runs() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    comment Trigger function (after update, row, if days or run of a session changed): notes the run before and the run after in stale_runs. No arguments. Returns null. Raises nothing.

function workshop.order_enrollments(p_order_id uuid) returns SETOF workshop.enrollments
    sql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment The enrollments of an order, even of one that the same statement makes: select e.* from create_order(...) as o cross join order_enrollments(o.id) as e. p_order_id: the order. Returns its rows of enrollments, one for each session and item, cancelled ones too; none if there is no such order. Raises nothing.

function workshop.read_events(p_after bigint DEFAULT 0, p_limit integer DEFAULT 1000) returns SETOF workshop.events
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Reads the events after a position, in order: a cause comes before its effect, and no event is added before one that was read. It gives positions to new events, so it writes. Act on the events after the commit, store the last position, and continue from it: then each event is read once. p_after: position of the last event that you handled (default 0: from the oldest that is stored); p_limit: most events (default 1000; at most 10000 are returned). Returns rows of events. Raises PT400 limit_not_positive.

function workshop.record_changed_seats() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    comment Trigger function (after update, row, if session or seats changed): an event enrollment.moved or enrollment.seats_changed. No arguments. Returns null. Raises nothing.

function workshop.record_enrollments() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    comment Trigger function (after insert on enrollments, statement, new rows as added): an event enrollment.created for each. No arguments. Returns null. Raises nothing.

function workshop.record_order() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    comment Trigger function (after insert, row): an event order.created. No arguments. Returns null. Raises nothing.

function workshop.record_payment_event() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    comment Trigger function (after insert, row): an event payment.recorded or refund.recorded. No arguments. Returns null. Raises nothing.

function workshop.record_payment(p_order_id uuid, p_amount numeric, p_method text DEFAULT NULL::text, p_reference text DEFAULT NULL::text) returns workshop.orders
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp, plan_cache_mode=force_generic_plan
    acl sessionbook_app
    comment Records a payment for an order. Once the price of its seats is paid, the order becomes paid, as by set_order_status(). p_order_id: the order; p_amount: above 0, in units of its currency; may be a part of what is due; p_method: how it was paid, such as card (null: not given); p_reference: the payment provider's, so that the same payment reported again is recorded once (null: none). Returns the row of orders: paid; or unchanged, if less was paid than is due, or if its hold ran out and the seats are gone (order_balance shows what is to be refunded). Raises PT400 invalid_amount, PT400 text_too_long, PT404 order_not_found, PT409 reference_reused.

function workshop.record_refund(p_order_id uuid, p_amount numeric, p_method text DEFAULT NULL::text, p_reference text DEFAULT NULL::text) returns workshop.orders
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Records a refund for an order. p_order_id: the order; p_amount: above 0, in units of its currency, at most what was paid; p_method: how it was refunded (null: not given); p_reference: the payment provider's, so that the same refund reported again is recorded once (null: none). Returns the row of orders: refunded if it was paid, has no seats left and everything was refunded; else unchanged. Seats stay as they are; free them with cancel_enrollment() or set_order_status(). Raises PT400 invalid_amount, PT400 text_too_long, PT404 order_not_found, PT409 reference_reused, PT409 refund_exceeds_paid.

function workshop.record_session_event() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    comment Trigger function (after insert, and after update if the instants changed, row): an event session.created or session.moved. No arguments. Returns null. Raises nothing.

function workshop.record_session_move() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    comment Trigger function (after update, row, if the status of a session changed): one row in status_changes with cause, role, actor and time, and a note that its run is to follow. No arguments. Returns null. Raises nothing.

function workshop.record_status_change() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    comment Trigger function (after update, row, if the status changed): one row in status_changes with cause, role, actor and time. Argument: the machine, such as workshop.order. Returns null. Raises nothing.

function workshop.record_status_events() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    comment Trigger function (after insert on status_changes, statement, new rows as added): one event for each move of a status, such as session.cancelled. No arguments. Returns null. Raises nothing.

function workshop.record_waiting() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    comment Trigger function (after insert, row): an event waitlist.created. No arguments. Returns null. Raises nothing.

function workshop.recount_seats(p_session_id uuid) returns integer
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Computes the seat counter of a session from its enrollments (successful and pending) and offers, and the number of people on its waiting list. The status follows, and free seats are offered to them. p_session_id: the session. Returns the new counter. Raises PT404 session_not_found; PT409 session_full if that is more than the session has.

function workshop.refresh_instants() returns bigint
    plpgsql volatile security invoker parallel unsafe set search_path=workshop, pg_temp
    comment Computes starts_at, ends_at and over_at of sessions that are not over again, after an update of the time zone database. No arguments. Returns how many sessions changed. Raises PT400 unknown_timezone if a zone is gone.

function workshop.refuse_deletion() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    comment Trigger function (before delete, row): refuses to delete rows that people have booked or wait for, and orders and items with seats. Argument: session, run, workshop, order or item (of an order). Returns the row. Raises PT409 has_bookings.

function workshop.refuse_negative_counts() returns trigger
    plpgsql volatile security invoker parallel unsafe
    comment Trigger function (before insert or update of max_attendees, min_attendees or waiting_count, row, if one is negative): refuses it. No arguments. Returns nothing. Raises PT400 seat_count_negative.

function workshop.reopen_session(p_session_id uuid, p_expected_updated_at timestamp with time zone DEFAULT NULL::timestamp with time zone) returns workshop.workshop_sessions
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Reopens a completed session: its status follows its seats again. If it has not begun, people whose waiting list entry the clock closed wait again. p_session_id: the session; one that is not completed stays as it is; p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked). Returns its row of workshop_sessions. Raises PT400 time_is_over (its last day has passed: call reschedule_session() first), PT404 session_not_found, PT409 changed_meanwhile.

function workshop.reschedule_session(p_session_id uuid, p_session_date date DEFAULT NULL::date, p_start_time time without time zone DEFAULT NULL::time without time zone, p_end_time time without time zone DEFAULT NULL::time without time zone, p_allow_past boolean DEFAULT false, p_expected_updated_at timestamp with time zone DEFAULT NULL::timestamp with time zone, p_idempotency_key text DEFAULT NULL::text) returns SETOF workshop.cancellation_notice
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Moves a session to another time. Its other days, booking window, cancel deadline, decide_at and run move with it; no offer and no hold lasts beyond the new start. A completed session may be moved too; reopen_session() then reopens it. p_session_id: the session; p_session_date, p_start_time: its new local start (null: as before); p_end_time: its new local end (null: the length stays); p_allow_past: true allows a start in the past (default false); p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked); p_idempotency_key: made up by the caller for this move, so that a repeated call moves nothing, even if somebody else has moved the session since (default none). Returns the people to inform, as cancel_session(); a repeated call moves nothing and returns them again. Raises PT400 time_is_over, PT400 invalid_session_dates, PT404 session_not_found, PT409 session_closed (it is cancelled), PT409 changed_meanwhile, PT409 idempotency_key_reused, PT400 text_too_long.

function workshop.reseat_restored_session() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    comment Trigger function (after update, row, if a cancelled session with attendees came back): lets its status follow the counter again. No arguments. Returns null. Raises nothing of its own.

function workshop.restore_enrollment(p_enrollment_id uuid, p_expected_updated_at timestamp with time zone DEFAULT NULL::timestamp with time zone) returns workshop.enrollments
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Takes the seats of a cancelled or rejected enrollment again; an active one stays as it is. p_enrollment_id: the enrollment; p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked). Returns its row: successful; pending if its order is, held as long as the order, or until the session starts if that hold has ended. A pending order for which nothing more is due becomes paid. Raises PT404 enrollment_not_found, PT404 session_not_found, PT409 order_closed, PT409 payment_due (its order is paid, but this seat was not paid for or was refunded), PT409 session_closed, PT409 session_full, PT409 already_enrolled, PT409 changed_meanwhile; 55P03 session_moved_meanwhile(call it again).

function workshop.retry_failed_step(p_id bigint) returns boolean
    sql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Repeats a failed step at once, even one that was given up. p_id: key of failed_steps. Returns true if nothing is due any more; its row is deleted then. Raises PT404 failed_step_not_found, PT409 transaction_has_written.

function workshop.retry_failed_steps(p_step text DEFAULT NULL::text) returns TABLE(id bigint, step text, subject_id text, is_done boolean)
    sql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Repeats all failed steps at once, even those that were given up. p_step: only this step, one of steps() (default all). Returns id, step, subject_id, is_done (as retry_failed_step()) of each. Raises PT409 transaction_has_written.

function workshop.revise_session() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    comment Trigger function (after update, row, if calendars are to notice): counts in session_revisions. No arguments. Returns null. Raises nothing.

function workshop.revoke_calendar_tokens(p_scope text, p_id text) returns integer
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Closes all tokens of one calendar at once. p_scope, p_id: as they were made with. Returns how many it closed, 0 if none was open. Raises nothing.

function workshop.run_has_room(p_run_id uuid, p_now timestamp with time zone) returns boolean
    sql stable security invoker parallel safe set search_path=workshop, pg_temp
    acl sessionbook_app sessionbook_reader
    comment Whether the first in line for a whole run can be offered seats: every future session is on sale and has room, and nobody waits for a single one of them. p_run_id: the run; p_now: time to judge by. Returns null if the run has no future session. Raises nothing.

function workshop.run_status(p_live bigint, p_open bigint, p_full bigint, p_taken bigint) returns text
    sql immutable security invoker parallel safe
    acl sessionbook_app sessionbook_reader
    comment The status of a run, from its sessions. p_live: sessions not cancelled; p_open: of these, not over; p_full: of the open ones, full; p_taken: seats taken in live sessions. Returns text: cancelled (none live), completed (none open), full (all open ones), active (a seat taken), else upcoming. Raises nothing.

function workshop.search_sessions(p_search text, p_creator_id uuid DEFAULT NULL::uuid, p_after uuid DEFAULT NULL::uuid, p_limit integer DEFAULT 20) returns SETOF workshop.store_sessions
    plpgsql stable security definer parallel unsafe set search_path=workshop, pg_temp, plan_cache_mode=force_custom_plan
    acl sessionbook_app
    comment What a shop shows of the workshops that somebody looks for by words, soonest first, a page at a time. p_search: words or parts of words of a workshop's name, its titles in both languages and its creator's names, in any order, apart by spaces or hyphens; case, accents, apostrophes and the forms of Arabic letters aside; at most 200 characters (null or nothing: all workshops); p_creator_id: of one shop only (default all); p_after: session_id of the last row of the page before (null: the first page); p_limit: rows (default 20, at most 100 are given). Returns rows of store_sessions, with titles, status and badge in both languages; no rows: nothing on sale is called so. Raises PT400 search_too_long, PT404 session_not_found (p_after is no session).

function workshop.session_days(p_session_id uuid) returns TABLE(day date)
    sql stable security definer parallel restricted set search_path=workshop, pg_temp
    acl sessionbook_app sessionbook_reader
    comment The local days of a session: those of a spread one, else all from the first to the last. p_session_id: the session. Returns one row a day; none: there is no such session. Raises nothing.

function workshop.session_holds(p_session_id uuid, p_now timestamp with time zone) returns TABLE(held integer, expired integer)
    sql stable security invoker parallel safe
    acl sessionbook_app sessionbook_reader
    comment Seats of a session that are only held: in unpaid orders, or offered to people on the waiting list. The seat counter includes them. p_session_id: the session; p_now: time to judge by. Returns one row: held (their time is not up) and expired (their time is up, and they no longer count). Raises nothing.

function workshop.session_state(p_status text, p_starts_at timestamp with time zone, p_over_at timestamp with time zone, p_opens_at timestamp with time zone, p_closes_at timestamp with time zone, p_seats integer, p_taken integer, p_waiting integer, p_held integer, p_expired integer, p_now timestamp with time zone) returns TABLE(available_seats integer, status text, availability text)
    sql immutable security invoker parallel safe
    acl sessionbook_app sessionbook_reader
    comment What people see of a session at a given time. p_status: as it is stored; p_starts_at, p_over_at: its start, and when its last day is over; p_opens_at, p_closes_at: its booking window, null: no limit; p_seats: its seats, null or 0: unlimited; p_taken: seats taken by the counter; p_waiting: people who wait; p_held, p_expired: seats that are held, and seats whose hold ran out, as session_holds() returns them; p_now: the time. Returns one row: available_seats (null: unlimited), status (upcoming, active, full, completed or cancelled) and availability (free, held, sold_out or closed). Raises nothing.

function workshop.sessions_on_sale(p_now timestamp with time zone) returns TABLE(session_id uuid, workshop_id uuid, creator_id uuid, run_id uuid, starts_at timestamp with time zone, seat_price numeric, currency text)
    sql stable security invoker parallel safe
    acl sessionbook_app sessionbook_reader
    comment Sessions that may be sold: of a workshop on sale, not started, over or cancelled, with an open booking window. They may be full. p_now: time to judge by. Returns session_id, workshop_id, creator_id, run_id (null: none), starts_at, seat_price (of one seat, in units of currency) and currency. Raises nothing.

function workshop.set_order_status(p_order_id uuid, p_status text, p_expected_updated_at timestamp with time zone DEFAULT NULL::timestamp with time zone) returns workshop.orders
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp, plan_cache_mode=force_generic_plan
    acl sessionbook_app
    comment Sets the status of an order, and changes its seats with it. paid: its enrollments become successful; seats whose hold ran out are taken again, and if they are gone, nothing changes; the part of the price that is not yet recorded as paid is recorded (cancelled seats cost nothing). cancelled: its enrollments are cancelled and their seats freed; order_balance shows what is to be refunded. refunded: the same, and what was paid is recorded as refunded. The present status changes nothing, so a payment may be reported twice. p_order_id: the order; p_status: paid, cancelled or refunded; p_expected_updated_at: updated_at of the order that the caller has seen (null: not checked). Returns the row of orders. Raises PT404 order_not_found, PT409 changed_meanwhile, PT409 order_without_seats (all of its enrollments were cancelled), PT400 unknown_status, PT409 illegal_transition; if its hold ran out or its session has begun, is over or cancelled: PT409 session_full (also if people are on the waiting list), PT409 session_closed and PT404 session_not_found (it has been deleted).

function workshop.shorten_holds() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    comment Trigger function (after update of dates, times, zone or the end of booking, row): no offer outlasts the end of booking, no hold and no order of one the start of the session. Rows that another transaction is writing are skipped. No arguments. Returns null. Raises nothing.

function workshop.steps() returns text[]
    sql immutable security invoker parallel safe set search_path=workshop, pg_temp
    comment The steps of this unit's clock, in order; docs/operations.md describes them. No arguments. Returns text[]. Raises nothing.

function workshop.takes_bookings(p_status text, p_starts_at timestamp with time zone, p_opens_at timestamp with time zone, p_closes_at timestamp with time zone, p_now timestamp with time zone) returns boolean
    sql immutable security invoker parallel safe
    acl sessionbook_app sessionbook_reader
    comment Whether seats of a session may be booked at a given time. p_status: its status; p_starts_at: its start; p_opens_at, p_closes_at: its booking window, null: no limit; p_now: the time. Returns true for one that is upcoming, active or full, has not started, and whose window is open. Raises nothing.

function workshop.track_order(p_order_number text, p_phone text) returns SETOF workshop.order_tracking
    sql stable security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment An order, for its buyer, who needs no account. p_order_number: its number; p_phone: the phone number it was made with, in any spelling with the country code. Returns its items as rows of order_tracking, at most 100; no rows: there is no order with this number and phone number. Raises nothing.

function workshop.transfer_enrollment(p_enrollment_id uuid, p_session_id uuid, p_expected_updated_at timestamp with time zone DEFAULT NULL::timestamp with time zone) returns workshop.enrollments
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    acl sessionbook_app
    comment Moves an enrollment to another session, with its seats and its price, or changes nothing. Within a workshop the price stays as it was booked; another workshop costs its present price, and order_balance shows what is due or to be refunded. The seats that become free go to the next in line. p_enrollment_id: the enrollment; p_session_id: the session to move to; p_expected_updated_at: updated_at of the enrollment that the caller has seen (null: not checked). Returns its row of enrollments; the same call again changes nothing. Raises PT400 amount_too_large, PT404 enrollment_not_found, PT404 session_not_found, PT409 enrollment_not_active, PT409 cancel_deadline_passed (of the session that it leaves), PT409 session_closed, PT409 session_full, PT409 already_enrolled, PT409 other_shop (another creator or currency), PT409 changed_meanwhile; 55P03 session_moved_meanwhile (call it again).

function workshop.validate_session_run_id() returns trigger
    plpgsql volatile security definer parallel unsafe set search_path=workshop, pg_temp
    comment Trigger function (before insert or update of run_id or workshop_id, row, if run_id is given): the run must be of the row's own workshop. No arguments. Returns the row. Raises PT409 run_workshop_mismatch.

function workshop.workshops_on_sale() returns TABLE(workshop_id uuid, creator_id uuid, workshop_name text, workshop_name_ar text, seat_price numeric, currency text)
    sql stable security invoker parallel safe
    acl sessionbook_app sessionbook_reader
    comment Workshops that are sold: published and active, of a creator whose shop is open. No arguments. Returns workshop_id, creator_id, workshop_name, workshop_name_ar (null: not translated), seat_price (of one seat, 0 for what is free, in units of currency) and currency (ISO 4217). Raises nothing.
