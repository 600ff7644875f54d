-- The schema that every unit shares.
--
-- Why:      clock, status rules and shared trigger functions live in one place per database.
-- Locks:    none on existing objects.
-- Data:     none.
-- Rollback: 0001_lifecycle.rollback.sql takes the comment away; the schema stays for the runner.
do $schema$
begin
    execute format(
        'comment on schema %I is %L',
        current_schema(),
        'Clock, status rules and shared trigger functions of Sessionbook; one per database.'
    );
end
$schema$;
