-- Left by an earlier run in this session, where it stopped.
drop table if exists
    pg_temp.sessionbook_copies, pg_temp.sessionbook_files, pg_temp.sessionbook_items, pg_temp.sessionbook_invalid,
    pg_temp.sessionbook_earlier, pg_temp.sessionbook_made, pg_temp.sessionbook_done, pg_temp.sessionbook_entries,
    pg_temp.sessionbook_dropped, pg_temp.sessionbook_grants
cascade;
drop type if exists pg_temp.sessionbook_object cascade;

-- The copies that this script is about: quoted is the schema as it is written on a search_path.
create temporary table sessionbook_copies (
    place integer generated always as identity primary key,
    unit text not null,
    schema_name text not null,
    quoted text not null,
    books text not null,
    due boolean,
    recorded boolean
);

-- The package. A migration has an id, and its text only where it runs outside a transaction; what is left out together
-- with the roles is of kind skipped.
create temporary table sessionbook_files (
    place integer generated always as identity primary key,
    unit text not null,
    kind text not null,
    path text not null,
    sha256 text not null,
    id text,
    transactional boolean,
    rebuild text[],
    quoted text,
    content text
);

-- How the copy that is being worked on was before.
create temporary table sessionbook_items (identity text not null, definition text not null);
create temporary table sessionbook_invalid (oid oid not null);
create temporary table sessionbook_earlier (identity text not null);
create temporary table sessionbook_made (path text not null, identity text not null);
create temporary table sessionbook_done (path text not null);
create temporary table sessionbook_entries (path text not null, sha256 text, objects text[] not null);
create temporary table sessionbook_dropped (identity text not null);
create temporary table sessionbook_grants (identity text not null, statement text not null);

create type pg_temp.sessionbook_object as (
    identity text,
    classid oid,
    oid oid,
    version text,
    xid bigint,
    full_name text
);
