-- sessionbook_reader must not see why somebody is absent.
grant select on table absences to sessionbook_app;
grant insert, update, delete on table absences to sessionbook_writer;
grant select (
    id, trainer_id, venue_id, starts_at, ends_at, created_at, updated_at
) on table absences to sessionbook_reader;
