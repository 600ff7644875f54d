-- Identifies this database by what a dump does not contain: the identifier of the cluster, the major version, and the
-- oids of the database and of a table. pg_upgrade makes a new cluster but keeps the oids.
create or replace function home()
returns text
language sql
stable
security invoker
parallel safe
begin atomic
    select concat_ws(
        '.',
        (select s.system_identifier from pg_catalog.pg_control_system() as s),
        pg_catalog.current_setting('server_version_num')::integer / 10000,
        (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database()),
        'lifecycle.ticks'::regclass::oid
    );
end;

comment on function home() is
'Identifies this database: system identifier, major version, oid of the database, oid of table ticks. Jobs contain it,
so that they do nothing in a database that was restored elsewhere. No arguments. Returns text. Raises nothing.';

revoke all on function home() from public;
grant execute on function home() to sessionbook_clock;
