-- What has to be known, and what is done. Each rule is a head and a query, which has a row for every case; {name} in
-- the head is any column of that row, and what stands in brackets is a list: cases that are the same without it are
-- one. Cases come in the order of their columns. If nothing is said, there is nothing for people to do.
-- Kinds: stop is in the way, change and note are for people, sql is for nobody. A number is the phase: 0 locks, 1 is
-- before the tables move, 2 (if there is none) with them; then come functions, views and triggers of ours; 3 is for
-- rows, 4 for what follows from them, keys and names.
-- noqa: disable=AM04

-- sql 0
-- do: lock table [{was}]; set constraints all immediate; set local row_security = off
select t.oid, t.was from adopt_table as t where t.taken;

-- stop: table {was} is somebody else's
-- why: Our functions, the clock and the tables must have the same owner: the role that adopts.
-- you: Run this as its owner, {owner}, or first: alter table {was} owner to {me}
select t.*, current_user::regrole as me from adopt_table as t where t.taken and t.owner <> current_user::regrole;

-- stop: table {was} has partitions, or children
-- why: Our keys and triggers work on one table. Seats in partitions or children would not be counted.
-- you: Keep its rows in one table: create table NEW (like {was} including all), fill it, and rename it.
select t.*
from adopt_table as t
left join pg_inherits as i on t.oid in (i.inhrelid, i.inhparent)
where t.taken and (t.relkind = 'p' or i.inhrelid is not null);

-- stop: table {was} forces row security on its owner
-- why: Our functions run as its owner, and would not see all rows.
-- you: alter table {was} no force row level security
select t.* from adopt_table as t where t.taken and t.relforcerowsecurity;

-- note: table {was} has row security
-- why: Its policies stay. Our functions run as the owner of the table and see every row.
-- you: Let only roles that may see every row call our functions.
select t.* from adopt_table as t where t.taken and t.relrowsecurity and not t.relforcerowsecurity;

-- note: table {was} is replicated
-- why: Replication finds it by its schema, which changes.
-- you: Adopt on the other side at the same time; otherwise new rows do not arrive there.
select t.*
from adopt_table as t
left join pg_publication_rel as p on t.oid = p.prrelid
left join pg_subscription_rel as s on t.oid = s.srrelid
where t.taken and coalesce(p.prrelid, s.srrelid) is not null;

-- stop: --map {text}
-- why: None of the adopted tables has this column.
-- you: Leave it out, or write TABLE.COLUMN:LABEL=OURS.
select m.text
from adopt_map as m
left join adopt_pair as p on m.place_name = p.place_name and not p.is_new
where p.name is null;

-- stop: column {place_name} is {theirs}, and not {ours}
-- why: Our functions need the second type, and find rows by it if it is a key.
-- you: If its values and the columns that refer to it fit that type: alter table {was} alter column {col} drop default,
--   alter column {col} type {ours} using {col}::text::{ours}
select p.* from adopt_pair as p where p.fit = 'refuse';

-- stop: column {place_name} is not there
-- why: Its values cannot be guessed.
-- you: Add and fill it: alter table {was} add column {col} {ours}
select p.* from adopt_pair as p where p.is_needed and not p.is_derived;

-- stop: column {place_name} is computed
-- why: Our functions and triggers write it.
-- you: Make it an ordinary column: alter table {was} alter column {col} drop expression
select p.* from adopt_pair as p where p.ours is not null and p.is_generated;

-- stop: column {place_name} has collation {collname}
-- why: It treats different texts as equal, or I and i as different letters.
-- you: Change the collation: alter table {was} alter column {col} type {theirs} collate "default"
select p.*, c.collname
from adopt_pair as p
inner join pg_collation as c on p.collation_oid = c.oid
cross join pg_temp.adopt_ask(format('select lower(''I'' collate %s)', c.oid::regcollation)) as a
where p.ours is not null and (not c.collisdeterministic or a.value <> 'i');

-- stop: column {place_name} is {theirs}, shorter than ours
-- why: The clock writes longer values into it.
-- you: Widen it: alter table {was} alter column {col} type {ours}
select p.* from adopt_pair as p where p.their_size between 0 and p.our_size - 1 and p.name ~ 'status$';

-- stop: {table_name} cannot get a time zone: {error}
-- why: An index, a check or a generated column of the table does not work with that type.
-- you: Drop it first, and make it again for the new type.
select p.table_name, a.error
from (
    select x.table_name, x.was, string_agg(format('alter %s type %s using null', x.col, x.zoned), ', ')
    from adopt_pair as x where x.zoned <> '' group by x.table_name, x.was
) as p (table_name, was, clauses)
cross join pg_temp.adopt_ask(format(
    'create temporary table adopt_tried (like %s including all); alter table pg_temp.adopt_tried %s;'
    ' drop table pg_temp.adopt_tried; select null', p.was, p.clauses
)) as a
where a.error is not null;

-- stop: {what} names {place_name}
-- why: The column gets a time zone, and PostgreSQL cannot change the type of a column that this uses.
-- you: Drop it first, and make it again afterwards.
select pg_describe_object(d.classid, d.objid, 0) as what, p.place_name
from adopt_pair as p
inner join pg_depend as d
    on d.refclassid = 'pg_class'::regclass and p.oid = d.refobjid and p.their_place = d.refobjsubid
left join pg_rewrite as w on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
left join pg_class as c on w.ev_class = c.oid
where p.zoned <> '' and (
    d.classid in ('pg_proc'::regclass, 'pg_publication_rel'::regclass) or c.relkind = 'r'
    or not pg_has_role(c.relowner, 'usage')
);

-- sql 1
-- do: [{drops};]
select -a.depth, a.drops from adopt_again as a;

-- change 1: instants in {table_name} get a time zone, read as {zone}: [{name} ({theirs})]
-- why: They are compared with the clock; without a zone they are ambiguous.
-- you: Check that the application wrote in this zone; --instants-in names another.
-- do: alter table {was} [alter column {col} type {zoned} using {col} at time zone {literal}]
-- undo: select pg_temp.adopt_retype($t${tab}$t$, '[{name}]',
--   $s$alter table {tab} [alter column {col} type {theirs} using {col} at time zone {literal}]$s$)
select p.* from adopt_pair as p where p.zoned <> '';

-- change 1: made again: [{name}]
-- why: They use a column that gets a time zone. Their grants, indexes, triggers and comments are restored.
-- do: [{makes};]
select a.* from adopt_again as a;

-- change 4: database {name} gets time zone {zone}
-- why: Times that the application writes without a zone are read in the zone of its connection.
-- you: If the application sets its time zone itself, it has to be this one.
-- do: alter database {name} set timezone = {literal}
-- undo: alter database {name} {back}
select quote_ident(d.datname) as name, coalesce('set timezone = ' || quote_literal(s.value), 'reset timezone') as back
from pg_database as d
inner join adopt_asked as q on d.datname = current_database() and current_setting('TimeZone') <> q.zone
left join adopt_setting as s on s.setrole = 0 and d.oid = s.setdatabase and s.name = 'timezone'
where exists (select from adopt_pair as p where p.zoned <> '');

-- change: move to schema {target}: [{table_name}]
-- why: Our functions look for their tables in one schema of their own. Rows, keys, grants and triggers go along.
-- you: Nobody else can use these tables for up to about {seconds} seconds: 2, and 7 for every 100,000 of their
--   {all_rows} rows, as measured on two cores. Connections that are open have to connect again (42P01).
-- do: [drop table if exists {tab} cascade; alter table {was} set schema {target};]
select t.*, sum(t.rows) over () as all_rows, 2 + (sum(t.rows) over () * 7 / 100000)::integer as seconds
from adopt_table as t
where t.taken;

-- change: columns for {table_name}: [{name}]
-- why: Our functions store their data of a row there; each has a default, or follows from other columns.
-- you: Nothing, unless a statement inserts without naming the columns and relies on their number.
-- do: alter table {tab} [add column {col} {ours}{more}]
-- undo: alter table {tab} [drop column {col}]
select p.*, concat(
    ' default ' || p.our_default, case when p.is_our_identity then ' generated by default as identity' end,
    case when p.our_not_null and not p.is_needed then ' not null' end
) as more
from adopt_pair as p
where p.is_new;

-- change: defaults for {table_name}: [{name} ({our_default})]
-- why: Our functions leave these columns out when they insert.
-- you: Nothing. Statements that name the column work as before.
-- do: alter table {tab} [alter column {col} set default {our_default}]
-- undo: alter table {tab} [alter column {col} drop default]
select p.*
from adopt_pair as p
where not p.is_new and p.their_default is null and p.our_default is not null and not p.is_their_identity;

-- change: null is allowed in {table_name}: [{name}]
-- why: Our functions write rows that have no value there yet.
-- you: Check that the application can read a null there.
-- do: alter table {tab} [alter column {col} drop not null]
-- undo: alter table {tab} [alter column {col} set not null]
select p.* from adopt_pair as p where p.their_not_null and not p.our_not_null;

-- note: columns of the application's own in {table_name} that need a value: [{name}]
-- why: Our functions do not know these columns, so none of them can insert a row there (23502).
-- you: Give them a default, or keep inserting such rows with your own statements.
select p.*
from adopt_pair as p
where p.ours is null and p.their_not_null and p.their_default is null and not (p.is_their_identity or p.is_generated);

-- note: {place_name} holds what our rules do not know: {unknown}
-- why: Such rows stay as they are; our functions and the clock do not change them.
-- you: If it means the same as one of ours: --map TABLE.COLUMN:LABEL=OURS
select l.* from adopt_label as l where l.unknown <> '' and l.name <> 'timezone';

-- stop: {place_name} holds zones that this server does not know: {unknown}
-- why: Without the zone the times of these rows are not known.
-- you: Use names of pg_timezone_names: update {was} set timezone = 'Europe/Berlin' where timezone = '...', or use --map
select l.* from adopt_label as l where l.unknown <> '' and l.name = 'timezone';

-- change: check {name} of {table_name} also takes {value}
-- why: Our functions and the clock write these. What it refused else, it refuses.
-- do: alter table {tab} drop constraint {key}, add constraint {key} check ({expression} or {more})
-- undo: alter table {tab} drop constraint {key}, add constraint {key} check {expression} not valid
select k.*, quote_ident(k.name) as key, e.expression, a.value,
    format('%s::text = any(%L::text[])', l.col, l.labels) as more
from adopt_label as l
inner join adopt_key as k on k.taken and k.kind = 'c' and l.table_name = k.table_name and k.columns = array[l.name]
cross join lateral substring(k.definition from '^CHECK (\(.*\))') as e (expression)
cross join pg_temp.adopt_ask(format(
    'select string_agg(u.label, '', '') from unnest(%L::text[]) as u (label) cross join lateral (select'
    ' u.label::%s as %s) as r where not %s', l.labels, l.theirs, l.col, e.expression
)) as a
where l.name = 'status' and a.value is not null;

-- change 3: values of {table_name}: [{col} {old} becomes {becomes} ({rows} rows)]
-- why: Our functions count on a value instead of null, and you asked for the others with --map. The trigger
--   zz_001_fill does the same with every row that is written.
-- you: Look for statements that ask for the old value: they find nothing from now on.
-- do: create function {target}.{name}() returns trigger language plpgsql set search_path = {target}, pg_temp
--   as $fill$ begin [if {test} then new.{col} := {becomes}; end if;]; return new; end $fill$;
--   revoke all on function {target}.{name}() from public;
--   create trigger zz_001_fill before insert or update on {tab} for each row when (true in ([{test}]))
--   execute function {target}.{name}();
--   alter table {tab} enable always trigger zz_001_fill;
--   update {tab} as new set {first} = {first} where true in ([{test}])
-- undo: drop trigger if exists zz_001_fill on {tab}; drop function if exists {target}.{name}()
select v.*, quote_ident('fill_' || v.table_name) as name, min(v.col) over (partition by v.tab) as first
from adopt_value as v;

-- sql 4
-- do: update {tab} set [{col} = {col}] where num_nulls([{col}]) > 0;
--   alter table {tab} [alter column {col} set not null]
select p.* from adopt_pair as p where p.is_needed;

-- Our triggers fill these. What hangs on columns that were added goes before these do.

-- sql 3
-- undo: select sessionbook.clear_files({schema})
select quote_literal(q.target) as schema from adopt_asked as q;

-- stop: {table_name} has {value} times the same {expressions}
-- why: Our functions find a row by it, and would take any of them.
-- you: Leave one of each: select {expressions}, count(*) from {was} group by {expressions} having count(*) > 1
select k.*, a.value, t.was
from adopt_missing as k
inner join adopt_table as t on t.taken and k.table_name = t.table_name
cross join pg_temp.adopt_ask(format(
    'select nullif(count(*), 0) from (select from %s where (%s) is not null%s group by %2$s having count(*) > 1) as d',
    t.was, k.expressions, ' and ' || k.predicate
)) as a
where k.is_unique and a.value is not null;

-- Rows count on unique ones, and other keys refer to them.

-- change {phase}: keys, checks and indexes: [{new_name}]
-- why: They concern new columns, or our functions need them to be correct or fast.
-- you: Nothing, or drop your own indexes that they replace.
-- do: [{makes};]
-- undo: [{drops};]
select k.*, case when k.is_unique then 2 else 4 end as phase from adopt_missing as k where not k.is_left;

-- note: left out: [{new_name}]
-- why: The application may write values that these constraints would refuse. Its own rules stay as they are.
-- you: Nothing. Add them by hand once you want them.
select k.* from adopt_missing as k where k.is_left;

-- change 4: search_path of {name}: {wanted}
-- why: Statements that name no schema find the tables in {target} too, after schema {source}.
-- you: Look for statements and settings of the application that name {source}.TABLE, or a search_path: they need
--   {target} as well. An application that makes its tables when it starts must not make them in {source} again.
-- do: alter {place} set search_path = {wanted}
-- undo: alter {place} {back}
select p.*, coalesce('set search_path = ' || p.old, 'reset search_path') as back from adopt_path as p where p.may;

-- stop: search_path of {name}: {wanted}
-- why: Statements that name no schema would not find the tables in {target}.
-- you: Ask a role with that right to run: alter {place} set search_path = {wanted}
select p.* from adopt_path as p where not p.may;

-- note: schema {source} is on no search_path of this database
-- why: So the application names it, or sets a search_path itself.
-- you: Have it name {target} instead, or set the search_path to {source}, {target}.
select where not exists (select from adopt_path as p where p.rank < 3);

-- stop: function {name}
-- why: Its text contains the old place of the tables ({source}.TABLE).
-- you: Remove the schema from its text.
select p.oid::regprocedure as name
from adopt_asked as q
inner join pg_proc as p on p.prosqlbody is null and p.oid >= 16384
where p.prosrc ~* format(
        '\m"?%s"?\s*\.\s*"?(%s)\M', regexp_replace(q.source, '(\W)', '\\\1', 'g'), array_to_string(q.tables, '|')
    );

-- note: in schema {source}: [{identity}]
-- why: They have names of ours and stay. The application finds them first, functions if the arguments fit.
-- you: Nothing, or call ours as {target}.NAME(), and have a view read ours: --replace NAME
select m.identity
from adopt_asked as q
cross join sessionbook.made(q.source) as m
where m.key = any(q.files) and m.key <> all(q.replaced);

-- change 4: view {name} reads {ours}
-- why: You asked for it with --replace. Its columns, their types and who may read it stay.
-- you: Compare its rows.
-- do: create or replace view {name} as select [v.{col}::{type} as {col}] from {ours} as v
-- undo: create or replace view {name} as {before}
select a.attnum, m.oid::regclass as name, format('%I.%I', q.target, substr(m.key, 7)) as ours,
    quote_ident(a.attname) as col, format_type(a.atttypid, a.atttypmod) as type, pg_get_viewdef(m.oid) as before
from adopt_asked as q
cross join sessionbook.made(q.source) as m
inner join pg_attribute as a on m.oid = a.attrelid and a.attnum > 0 and not a.attisdropped
where m.key = any(q.files) and m.key = any(q.replaced);

-- change 4: usage of schema {target} for [{name}]
-- why: They have rights on the tables, and need one on the new schema.
-- do: grant usage on schema {target} to [{name}]
-- undo: revoke usage on schema {target} from [{name}]
select h.name from adopt_holder as h;

-- change 4: member of {writer}: [{name}]
-- why: They write the tables; this role may also write the new tables and call our functions.
-- you: Use --no-roles if you do not want that.
-- do: grant {writer} to [{name}]
-- undo: revoke {writer} from [{name}]
select h.name from adopt_holder as h where h.is_member;

-- change 4: what our triggers call, for [{name}]
-- why: They write the tables and are not members of our roles, because of --no-roles or row security.
-- you: Grant them execute on the functions of ours that they need.
-- do: select sessionbook.run({schema}, 'grants',
--   string_agg(format('grant execute on function %s to [{name}]', p.oid::regprocedure), ';')) from pg_proc as p
--   where p.pronamespace::regnamespace::text in ('lifecycle', quote_ident({schema})) and p.prokind = 'f'
--   and p.prorettype <> 'trigger'::regtype and (not p.prosecdef or p.proname = 'fake_now');
--   grant usage on schema lifecycle to [{name}]
-- undo: revoke all on all functions in schema lifecycle from [{name}]; revoke usage on schema lifecycle from [{name}]
select h.name, quote_literal(q.target) as schema
from adopt_asked as q
inner join adopt_holder as h on h.is_other;

-- stop: {writer} may not be granted by you
-- why: Only members with the admin option may grant it.
-- you: Have one of them run: grant {writer} to {name} with admin option, or use --no-roles.
select quote_ident(u.rolname) as name
from pg_roles as u
inner join adopt_asked as q on u.rolname = current_user
inner join pg_roles as r on q.writer = r.rolname and not pg_has_role(r.oid, 'usage with admin option')
where exists (select from adopt_holder as h where h.is_member)
    and not (u.rolcreaterole and current_setting('server_version_num')::integer < 160000);

-- stop: our roles are not there
-- why: Our grants need them, and you may not create them.
-- you: Have somebody with CREATEROLE apply once to any database of the cluster, or use --no-roles.
select
from adopt_asked as q
inner join pg_roles as u on u.rolname = current_user and not u.rolcreaterole and not u.rolsuper
inner join sessionbook.grantees() as g (name) on q.roles and g.name <> 'public' and to_regrole(g.name) is null;

-- change 4: {target}.settings.rules is observe
-- why: What our rules do not know passes at first (moves of a status, unknown values, runs), and is noted. More people
--   than seats, and one trainer or venue in two places, are refused from now on.
-- you: Read {target}.rule_violations now and then; if nothing new comes:
--   update {target}.settings set rules = 'enforce'
-- do: update {target}.settings set rules = 'observe'
select;
