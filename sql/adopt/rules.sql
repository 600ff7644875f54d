-- What has to be known, and what is done. Each rule is a head and a query, which has a row for every case; {name} in
-- the head is a column of that row, and what stands in brackets is a list: cases that are the same without it are one.
-- Kinds: stop is in the way, change and note are for people, sql is for nobody.
-- Phases: 0 before the tables move, 1 with them (if nothing is said), 2 for rows; then come functions, views and
-- triggers of ours; 3 for rows that need these, 4 for what follows from them, 5 for keys and names.

-- sql
-- phase: 0
-- do: set constraints all immediate; set local row_security = off
select;

-- stop: table {was} is somebody else's
-- why: Our functions, the clock and the tables must have the same owner: the role that adopts.
-- you: Run this as its owner, {owner}, or first: alter table {was} owner to {me}
select t.was, t.owner, current_user::regrole as me
from adopt_table as t
where t.taken and t.owner <> current_user::regrole;

-- stop: table {was} has partitions, or children
-- why: Our keys and triggers work on one table. Seats in partitions or children would not be counted.
-- you: Keep its rows in one table: create table NEW (like {was} including all), fill it, and rename it.
select distinct t.was
from adopt_table as t
left join pg_inherits as i on t.oid in (i.inhrelid, i.inhparent)
where t.taken and (i.inhrelid is not null or exists (select from pg_partitioned_table as p where p.partrelid = t.oid));

-- stop: table {was} forces row security on its owner
-- why: Our functions run as its owner, and would not see all rows.
-- you: alter table {was} no force row level security
select t.was from adopt_table as t where t.taken and t.relforcerowsecurity;

-- note: table {was} has row security
-- why: Its policies stay. Our functions run as the owner of the table and see every row.
-- you: Let only roles that may see every row call our functions.
select t.was from adopt_table as t where t.taken and t.relrowsecurity and not t.relforcerowsecurity;

-- note: table {was} is replicated
-- why: Replication finds it by its schema, which changes.
-- you: Adopt on the other side at the same time; otherwise new rows do not arrive there.
select t.was
from adopt_table as t
where t.taken and t.oid in (
    select p.prrelid from pg_publication_rel as p
    union all
    select s.srrelid from pg_subscription_rel as s
);

-- stop: --map {text}
-- why: None of the adopted tables has this column.
-- you: Leave it out, or write TABLE.COLUMN:LABEL=OURS.
select m.text
from adopt_map as m
left join adopt_pair as p on m.table_name = p.table_name and m.column_name = p.name and not p.is_new
where p.name is null;

-- stop: column {place_name} is {theirs}, and not {ours}
-- why: Our functions need the second type, and find rows by it if it is a key.
-- you: If its values and the columns that refer to it fit that type: alter table {was} alter column {col} drop default,
--   alter column {col} type {ours} using {col}::text::{ours}
select p.place_name, p.theirs, p.ours, p.was, p.col from adopt_pair as p where p.fit = 'refuse';

-- stop: column {place_name} is not there
-- why: Its values cannot be guessed.
-- you: Add and fill it: alter table {was} add column {col} {ours}
select p.place_name, p.was, p.col, p.ours
from adopt_asked as q
cross join adopt_pair as p
where p.is_new and p.our_not_null and p.our_default is null and not p.is_our_identity and not q.derived ? p.name;

-- stop: column {place_name} is computed
-- why: Our functions and triggers write it.
-- you: Make it an ordinary column: alter table {was} alter column {col} drop expression
select p.place_name, p.was, p.col from adopt_pair as p where p.ours is not null and p.is_generated;

-- stop: column {place_name} has collation {collname}
-- why: It treats different texts as equal, or I and i as different letters.
-- you: Change the collation: alter table {was} alter column {col} type {theirs} collate "default"
select p.place_name, c.collname, p.was, p.col, p.theirs
from adopt_pair as p
inner join pg_collation as c on p.collation_oid = c.oid
cross join pg_temp.adopt_ask(format('select lower(''I'' collate %s)', c.oid::regcollation)) as a
where p.ours is not null and (not c.collisdeterministic or a.value <> 'i');

-- stop: column {place_name} is {theirs}, shorter than ours
-- why: The clock writes longer values into it.
-- you: Widen it: alter table {was} alter column {col} type {ours}
select p.place_name, p.theirs, p.was, p.col, p.ours
from adopt_pair as p
where p.their_length < p.our_length and p.name ~ 'status$';

-- stop: {table_name} cannot get a time zone: {error}
-- why: An index, a check or a generated column of the table does not work with that type.
-- you: Drop it first, and make it again for the new type.
select p.table_name, a.error
from (
    select x.table_name, x.was, string_agg(format('alter %s type %s using null', x.col, x.zoned), ', ') as clauses
    from adopt_pair as x
    where x.zoned <> ''
    group by x.table_name, x.was
) as p
cross join pg_temp.adopt_ask(format(
    'create temporary table adopt_tried (like %s including all); alter table pg_temp.adopt_tried %s;'
    ' drop table pg_temp.adopt_tried; select null', p.was, p.clauses
)) as a
where a.error is not null;

-- stop: {what} names {place_name}
-- why: The column gets a time zone, and PostgreSQL cannot change the type of a column that this uses.
-- you: Drop it first, and make it again afterwards.
select distinct pg_describe_object(d.classid, d.objid, 0) as what, p.place_name
from adopt_pair as p
inner join pg_depend as d
    on d.refclassid = 'pg_class'::regclass and p.oid = d.refobjid and p.their_place = d.refobjsubid
left join pg_rewrite as w on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
left join pg_class as c on w.ev_class = c.oid
where p.zoned <> '' and (
    d.classid in ('pg_proc'::regclass, 'pg_publication_rel'::regclass) or c.relkind = 'r'
    or not pg_has_role(c.relowner, 'usage')
)
order by what, p.place_name;

-- sql
-- phase: 0
-- do: {drops}
select a.drops from adopt_again as a order by a.depth desc;

-- change: instants in {table_name} get a time zone, read as {zone}: [{name} ({theirs})]
-- why: They are compared with the clock; without a zone they are ambiguous.
-- you: Check that the application wrote in this zone; --instants-in names another.
-- phase: 0
-- do: alter table {was} [alter column {col} type {zoned} using {col} at time zone {literal}]
-- undo: alter table {tab} [alter column {col} type {theirs} using {col} at time zone {literal}]
select p.table_name, p.was, p.tab, p.name, p.col, p.theirs, p.zoned from adopt_pair as p where p.zoned <> '';

-- change: made again: [{name}]
-- why: They use a column that gets a time zone. Their grants, indexes, triggers and comments are restored.
-- you: Nothing: all of it is one transaction.
select a.name from adopt_again as a order by a.depth, a.name;

-- sql
-- phase: 0
-- do: {makes}
select a.makes from adopt_again as a order by a.depth, a.name;

-- change: database {name} gets time zone {zone}
-- why: Times that the application writes without a zone are read in the zone of its connection.
-- you: If the application sets its time zone itself, it has to be this one.
-- phase: 5
-- do: alter database {name} set timezone = {literal}
-- undo: alter database {name} {back}
select quote_ident(d.datname) as name, coalesce(
    (
        select 'set timezone = ' || quote_literal(substr(c.setting, 10))
        from pg_db_role_setting as s
        cross join lateral unnest(s.setconfig) as c (setting)
        where s.setrole = 0 and s.setdatabase = d.oid and c.setting ~* '^timezone='
    ), 'reset timezone'
) as back
from pg_database as d
inner join adopt_asked as q on current_setting('TimeZone') <> q.zone
where d.datname = current_database() and exists (select from adopt_pair as p where p.zoned <> '');

-- change: move to schema {target}: [{table_name}]
-- why: Our functions look for their tables in one schema of their own. Rows, keys, grants and triggers go along.
-- you: Nobody else can use these tables for up to about {seconds} seconds: 2, and 7 for every 100,000 of their
--   {rows} rows, as measured on two cores. Connections that are open have to connect again (42P01).
select t.table_name, sum(t.rows) over () as rows, 2 + (sum(t.rows) over () * 7 / 100000)::integer as seconds
from adopt_table as t
where t.taken
order by t.table_name;

-- sql
-- do: drop table if exists {tab} cascade; alter table {was} set schema {target}
select t.tab, t.was from adopt_table as t where t.taken order by t.oid;

-- change: new in schema {target}: [{table_name}]
-- why: The application has no such tables.
-- you: Nothing.
select o.table_name
from adopt_table as o
where o.table_name not in (select t.table_name from adopt_table as t where t.taken)
order by o.table_name;

-- change: columns for {table_name}: [{name}]
-- why: Our functions store their data of a row there; each has a default, or follows from other columns.
-- you: Nothing, unless a statement inserts without naming the columns and relies on their number.
-- do: alter table {tab} [add column {col} {ours}{more}]
-- undo: alter table {tab} [drop column {col}]
select p.table_name, p.tab, p.name, p.col, p.ours, concat(
    ' default ' || p.our_default, case when p.is_our_identity then ' generated by default as identity' end,
    case when p.our_not_null and (p.our_default is not null or p.is_our_identity) then ' not null' end
) as more
from adopt_pair as p
where p.is_new
order by p.table_name, p.place;

-- change: defaults for {table_name}: [{name} ({our_default})]
-- why: Our functions leave these columns out when they insert.
-- you: Nothing. Statements that name the column work as before.
-- do: alter table {tab} [alter column {col} set default {our_default}]
-- undo: alter table {tab} [alter column {col} drop default]
select p.table_name, p.tab, p.name, p.col, p.our_default
from adopt_pair as p
where not p.is_new and p.their_default is null and p.our_default is not null and not p.is_their_identity
    and not p.is_generated and p.fit <> 'refuse'
order by p.table_name, p.place;

-- change: null is allowed in {table_name}: [{name}]
-- why: Our functions write rows that have no value there yet.
-- you: Check that the application can read a null there.
-- do: alter table {tab} [alter column {col} drop not null]
-- undo: alter table {tab} [alter column {col} set not null]
select p.table_name, p.tab, p.name, p.col
from adopt_pair as p
where p.their_not_null and not p.our_not_null
order by p.table_name, p.place;

-- note: columns of the application's own in {table_name} that need a value: [{name}]
-- why: Our functions do not know these columns, so none of them can insert a row there (23502).
-- you: Give them a default, or keep inserting such rows with your own statements.
select p.table_name, p.name
from adopt_pair as p
where p.ours is null and p.their_not_null and p.their_default is null and not p.is_their_identity
    and not p.is_generated
order by p.table_name, p.place;

-- note: amounts of {table_name} are whole numbers: [{name}]
-- why: They are used as they are: 1500 means 1500, not 15.00.
-- you: Show amounts of our functions as you show these.
select p.table_name, p.name
from adopt_pair as p
where p.ours ~ '^numeric' and p.theirs ~ '^(integer|bigint|smallint)' and p.name ~ 'price|amount|total'
order by p.table_name, p.place;

-- note: {place_name} holds what our rules do not know: {found}
-- why: Such rows stay as they are; our functions and the clock do not change them.
-- you: If it means the same as one of ours: --map TABLE.COLUMN:LABEL=OURS
select concat(l.table_name, '.', l.name) as place_name, a.value as found
from adopt_label as l
cross join pg_temp.adopt_ask(format(
    'select string_agg(format(''%%L (%%s rows)'', u.label, u.rows), '', '') from (select left(%s::text, 60) as label,'
    ' count(*) as rows from %s where %1$s::text <> all(%3$L::text[]) group by 1 order by 2 desc limit 5) as u',
    l.col, l.was, l.known
)) as a
where a.value is not null;

-- stop: {place_name} holds zones that this server does not know: {found}
-- why: Without the zone the times of these rows are not known.
-- you: Use names of pg_timezone_names: update {was} set timezone = 'Europe/Berlin' where timezone = '...', or use --map
select p.place_name, p.was, a.value as found
from adopt_pair as p
cross join pg_temp.adopt_ask(format(
    'select string_agg(quote_literal(left(u.timezone, 60)), '', '') from (select distinct timezone from %s) as u'
    ' where u.timezone is not null and u.timezone <> all(%L::text[])'
    ' and lower(u.timezone) not in (select lower(z.name) from pg_timezone_names as z)', p.was, array(
        select m.from_value from adopt_map as m where m.table_name = p.table_name and m.column_name = 'timezone'
    )
)) as a
where p.name = 'timezone' and a.value is not null;

-- change: check {name} of {table_name} also takes {found}
-- why: Our functions and the clock write these.
-- you: Nothing. It still refuses everything else.
-- do: alter table {tab} drop constraint {key}, add constraint {key} check ({expression} or {more})
-- undo: alter table {tab} drop constraint {key}, add constraint {key} check {expression} not valid
select k.name, k.table_name, k.tab, quote_ident(k.name) as key, e.expression, a.value as found,
    format('%s::text = any(%L::text[])', l.col, l.labels) as more
from adopt_label as l
inner join adopt_key as k on k.taken and k.kind = 'c' and l.table_name = k.table_name and k.columns = array[l.name]
cross join lateral substring(k.definition from '^CHECK (\(.*\))') as e (expression)
cross join pg_temp.adopt_ask(format(
    'select string_agg(u.label, '', '') from unnest(%L::text[]) as u (label) cross join lateral (select'
    ' u.label::%s as %s) as r where not %s', l.labels, l.theirs, l.col, e.expression
)) as a
where l.name = 'status' and a.value is not null
order by k.table_name, k.name;

-- change: null becomes the default in {table_name}: [{name}]
-- why: Our functions need a value there. A trigger does the same for every row that is written.
-- you: Look for queries for rows in which it is null: they will find none.
select f.table_name, concat(f.col, ' (' || f.rows || ' rows)') as name
from adopt_fill as f
where f.filled is not null
order by f.table_name, f.col;

-- change: {table_name}.{column_name}: {from_value} becomes {to_value}
-- why: You asked for it with --map. A trigger does the same for every row that is written.
-- you: Look for queries for the old label: they find nothing from now on.
select m.table_name, m.column_name, m.from_value, m.to_value from adopt_map as m;

-- sql
-- phase: 2
-- do: update {tab} as new set [{col} = {value}] where true in ([{condition}])
select f.tab, f.col, f.value, f.condition from adopt_fill as f order by f.tab, f.col;

-- sql
-- phase: 5
-- do: create function {target}.{name}() returns trigger language plpgsql set search_path = {target}, pg_temp
--   as $fill$ begin select [{value}] into [new.{col}]; return new; end $fill$;
--   revoke all on function {target}.{name}() from public;
--   create trigger zz_001_fill before insert or update on {tab} for each row when (true in ([{condition}]))
--   execute function {target}.{name}();
--   alter table {tab} enable always trigger zz_001_fill
-- undo: drop trigger if exists zz_001_fill on {tab}; drop function if exists {target}.{name}()
select f.tab, quote_ident(left('fill_' || f.table_name, 63)) as name, f.col, f.value, f.condition
from adopt_fill as f
order by f.tab, f.col;

-- The triggers that derive columns see their own columns named, and fill them.

-- sql
-- phase: 4
-- do: update {tab} set [{col} = {col}] where num_nulls([{col}]) > 0;
--   alter table {tab} [alter column {col} set not null]
select p.tab, p.col
from adopt_pair as p
where p.is_new and p.our_not_null and p.our_default is null and not p.is_our_identity
order by p.tab, p.place;

-- stop: {table_name} has {rows} times the same {expressions}
-- why: Our functions find a row by it, and would take any of them.
-- you: Leave one of each: select {expressions}, count(*) from {was} group by {expressions} having count(*) > 1
select k.table_name, a.value as rows, k.expressions, t.was
from adopt_missing as k
inner join adopt_table as t on t.taken and k.table_name = t.table_name
cross join pg_temp.adopt_ask(format(
    'select nullif(count(*), 0) from (select from %s where (%s) is not null%s group by %2$s having count(*) > 1) as d',
    t.was, k.expressions, ' and ' || k.predicate
)) as a
where k.is_unique and a.value is not null;

-- Keys that others refer to come first, and before rows that count on them.

-- sql
-- phase: {phase}
-- do: {makes}
-- undo: {drops}
select case when k.is_unique then 1 else 5 end as phase,
    case k.kind
        when 'i' then format(
            'create %sindex %s on %s%s', case when k.is_unique then 'unique ' end, k.new_name, k.tab, k.wanted
        )
        else format('alter table %s add constraint %s %s', k.tab, k.new_name, k.wanted)
    end as makes,
    case
        when k.kind = 'i' then format('drop index if exists %I.%s', q.target, k.new_name)
        when k.is_theirs then format('alter table %s drop constraint if exists %s', k.tab, k.new_name)
    end as drops
from adopt_asked as q
cross join adopt_missing as k
where not k.is_left
order by k.place;

-- change: keys, checks and indexes: [{new_name}]
-- why: They concern new columns, or our functions need them to be correct or fast.
-- you: Nothing, or drop your own indexes that they replace.
select k.new_name from adopt_missing as k where not k.is_left order by k.table_name, k.name;

-- note: left out: [{new_name}]
-- why: The application may write values that these constraints would refuse. Its own rules stay as they are.
-- you: Nothing. Add them by hand once you want them.
select k.new_name from adopt_missing as k where k.is_left order by k.table_name, k.name;

-- change: search_path of {name}: {wanted}
-- why: Statements that name no schema find the tables in {target} too, after schema {source}.
-- you: Look for statements and settings of the application that name {source}.TABLE, or a search_path: they need
--   {target} as well. An application that makes its tables when it starts must not make them in {source} again.
-- phase: 5
-- do: alter {place} set search_path = {wanted}
-- undo: alter {place} {back}
select p.name, p.place, p.wanted, coalesce('set search_path = ' || p.old, 'reset search_path') as back
from adopt_path as p
where p.may
order by p.rank, p.name;

-- stop: search_path of {name}: {wanted}
-- why: Statements that name no schema would not find the tables in {target}.
-- you: Ask a role with that right to run: alter {place} set search_path = {wanted}
select p.name, p.place, p.wanted from adopt_path as p where not p.may order by p.rank, p.name;

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
        '\m"?%s"?\s*\.\s*"?(%s)\M', regexp_replace(q.source, '(\W)', '\\\1', 'g'),
        (select string_agg(t.table_name, '|') from adopt_table as t where t.taken)
    )
order by name;

-- note: view {source}.{name}
-- why: It stays, and the application finds it before ours, {target}.{name}.
-- you: Nothing, or let it read ours: --replace {name}
select c.relname as name
from adopt_asked as q
inner join pg_class as c on c.relnamespace = to_regnamespace(quote_ident(q.source)) and c.relkind in ('v', 'm')
where q.names -> 'views' ? c.relname and not q.replaced ? c.relname
order by c.relname;

-- change: view {name} reads {ours}
-- why: You asked for it with --replace. Its columns, their types and who may read it stay.
-- you: Compare its rows.
-- phase: 5
-- do: create or replace view {name} as select {columns} from {ours} as v
-- undo: create or replace view {name} as {before}
select c.oid::regclass as name, format('%I.%I', q.target, c.relname) as ours, pg_get_viewdef(c.oid) as before, (
    select string_agg(
        format('v.%1$I::%2$s as %1$I', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' order by a.attnum
    )
    from pg_attribute as a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
) as columns
from adopt_asked as q
inner join pg_class as c on c.relnamespace = to_regnamespace(quote_ident(q.source)) and c.relkind = 'v'
where q.names -> 'views' ? c.relname and q.replaced ? c.relname
order by c.relname;

-- note: functions in {source} that have the name of one of ours: [{proname}]
-- why: They stay, and the application finds them first if their arguments match.
-- you: Call ours as {target}.NAME().
select distinct p.proname
from adopt_asked as q
inner join pg_proc as p on p.pronamespace = to_regnamespace(quote_ident(q.source))
where q.names -> 'functions' ? p.proname
order by p.proname;

-- change: usage of schema {target} for [{name}]
-- why: They have rights on the tables, and need one on the new schema.
-- you: Nothing.
-- phase: 5
-- do: grant usage on schema {target} to [{name}]
-- undo: revoke usage on schema {target} from [{name}]
select h.name from adopt_holder as h order by h.name;

-- change: member of {writer}: [{name}]
-- why: They write the tables; this role may also write the new tables and call our functions.
-- you: Use --no-roles if you do not want that.
-- phase: 5
-- do: grant {writer} to [{name}]
-- undo: revoke {writer} from [{name}]
select h.name from adopt_holder as h where h.is_member order by h.name;

-- change: what our triggers call, for [{name}]
-- why: They write the tables and are not members of our roles, because of --no-roles or row security.
-- you: Grant them execute on the functions of ours that they need.
-- phase: 5
-- do: do $do$ declare v_grant text; begin for v_grant in
--   select format('grant execute on function %s to [{name}]', p.oid::regprocedure) from pg_proc as p
--   where p.pronamespace in (to_regnamespace('lifecycle'), {schema}) and p.prokind = 'f'
--   and p.prorettype <> 'trigger'::regtype and (not p.prosecdef or exists (select from pg_depend as d
--   inner join pg_proc as c on c.oid = d.objid where not c.prosecdef and d.classid = 'pg_proc'::regclass
--   and d.refobjid = p.oid)) loop execute v_grant; end loop; end $do$;
--   grant usage on schema lifecycle to [{name}]
-- undo: revoke all on all functions in schema lifecycle from [{name}]; revoke usage on schema lifecycle from [{name}]
select h.name, format('to_regnamespace(%L)', quote_ident(q.target)) as schema
from adopt_asked as q
inner join adopt_holder as h on h.is_other
order by h.name;

-- stop: {writer} may not be granted by you
-- why: Only members with the admin option may grant it.
-- you: Have one of them run: grant {writer} to {name} with admin option, or use --no-roles.
select quote_ident(u.rolname) as name
from pg_roles as u
inner join adopt_asked as q on u.rolname = current_user
inner join sessionbook.installations as i on q.target = i.schema_name
inner join pg_roles as r
    on r.rolname = i.role_prefix || '_writer' and not pg_has_role(r.oid, 'usage with admin option')
where exists (select from adopt_holder as h where h.is_member)
    and not (u.rolcreaterole and current_setting('server_version_num')::integer < 160000);

-- stop: our roles are not there
-- why: Our grants need them, and you may not create them.
-- you: Have somebody with CREATEROLE apply once to any database of the cluster, or use --no-roles.
select
from adopt_asked as q
inner join pg_roles as u on u.rolname = current_user and not u.rolcreaterole and not u.rolsuper
where q.roles and exists (
        select
        from sessionbook.grantees() as g (name)
        where g.name <> 'public' and to_regrole(g.name) is null
    );

-- change: {target}.settings.rules is observe
-- why: What our rules do not know passes at first (moves of a status, unknown values, runs), and is noted. More people
--   than seats, and one trainer or venue in two places, are refused from now on.
-- you: Read {target}.rule_violations now and then; if nothing new comes:
--   update {target}.settings set rules = 'enforce'
-- phase: 5
-- do: update {target}.settings set rules = 'observe'
select;
