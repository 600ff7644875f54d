-- What brings the tables of an application to what ours have: every step with its reason, computed from the two shapes.
insert into pg_temp.adopt_step (phase, kind, what, why, you)
select 1, k.kind, format(k.what, t.name) as what, k.why, format(k.you, t.name, t.owner)
from (
    select t.table_name, format('%I.%I', t.schema_name, t.table_name) as name, c.relowner::regrole as owner,
        pg_has_role(c.relowner, 'usage') as is_mine, c.relrowsecurity, c.relforcerowsecurity,
        c.relkind = 'p' or exists (select from pg_inherits as i where c.oid in (i.inhrelid, i.inhparent)) as is_parts,
        exists (select from pg_publication_rel as r where r.prrelid = c.oid)
        or exists (select from pg_subscription_rel as r where r.srrelid = c.oid) as is_replicated
    from pg_temp.adopt_table as t
    inner join pg_class as c on t.oid = c.oid
    where t.side = 'theirs'
) as t
cross join lateral (
    values
        (
            'stop', not t.is_mine, 'table %s is somebody else''s', 'Only its owner may alter a table.',
            'Run this as a member of its owner, %2$s.'
        ),
        (
            'stop', t.is_parts, 'table %s has partitions, or children',
            'Our keys and triggers hold for one table. Seats in its parts would go uncounted.',
            'Keep its rows in one table: create table NEW (like %1$s including all), fill it, and rename it.'
        ),
        (
            'stop', t.relforcerowsecurity, 'table %s forces row security on its owner',
            'Our functions run as its owner, and would see some of the rows for all of them.',
            'alter table %1$s no force row level security'
        ),
        (
            'note', t.relrowsecurity and not t.relforcerowsecurity, 'table %s has row security',
            'Its policies stay. Our functions run as the owner of the table, and see every row.',
            'Let only such roles call our functions as may see every row.'
        ),
        (
            'note', t.is_replicated, 'table %s is replicated', 'Replication knows it by its schema, which changes.',
            'Adopt on the other side at the same time, or what is written here does not arrive.'
        )
) as k (kind, applies, what, why, you)
where k.applies
union all
select 1, 'note', format('table %I.%I is something else', q.source, o.table_name),
    'It has the name of one of our tables, and less than half of the columns that ours cannot do without.',
    format('Nothing. It stays; ours is %I.%I.', q.target, o.table_name)
from pg_temp.adopt_asked as q, pg_temp.adopt_other as o
union all
select 1, 'note', format('%I.%I is a view or a foreign table', q.source, c.relname),
    'It has the name of one of our tables and is none.',
    format('Who finds it before schema %I reads it, not ours.', q.target)
from pg_temp.adopt_asked as q
inner join pg_class as c on c.relnamespace = to_regnamespace(quote_ident(q.source)) and c.relkind in ('v', 'm', 'f')
inner join pg_temp.adopt_table as o on o.side = 'ours' and c.relname = o.table_name
union all
select 1, 'stop', format('--map %s.%s:%s=%s', m.table_name, m.column_name, m.from_value, m.to_value),
    'No table that is taken over has this column.', 'Leave it out, or write TABLE.COLUMN:LABEL=OURS.'
from pg_temp.adopt_asked as q
cross join jsonb_to_recordset(q.maps) as m (table_name text, column_name text, from_value text, to_value text)
left join pg_temp.adopt_pair as p on m.table_name = p.table_name and m.column_name = p.name and p.theirs is not null
where p.name is null
order by what;

insert into pg_temp.adopt_step (phase, kind, what, why, you, statement)
select 1, 'sql', '', '', '', format(
    'drop table if exists %2$I.%3$I cascade; alter table %1$I.%3$I set schema %2$I', t.schema_name, q.target,
    t.table_name
)
from pg_temp.adopt_asked as q, pg_temp.adopt_table as t
where t.side = 'theirs'
order by t.oid;

insert into pg_temp.adopt_step (phase, kind, what, why, you)
select 1, 'change', format(k.what, q.target, k.names) as what, k.why, k.you
from pg_temp.adopt_asked as q
cross join lateral (
    select
        'move to schema %s: %s', string_agg(t.table_name, ', ' order by t.table_name) filter (where t.side = 'theirs'),
        'Our functions look for their tables in one schema of their own. Rows, keys, grants and triggers go along.',
        format(
            'Nobody else can use these tables for up to about %s seconds: 2, and half a second for every 10,000 of'
            ' their %s rows, as measured on two cores. Connections that are open have to connect again (42P01).',
            2 + (sum(t.rows) filter (where t.side = 'theirs') / 20000)::integer,
            sum(t.rows) filter (where t.side = 'theirs')
        )
    from pg_temp.adopt_table as t
    union all
    select 'new in schema %s: %s', string_agg(o.table_name, ', ' order by o.table_name),
        'The application has no such tables.', 'Nothing.'
    from pg_temp.adopt_table as o
    where o.side = 'ours'
        and o.table_name not in (select t.table_name from pg_temp.adopt_table as t where t.side = 'theirs')
) as k (what, names, why, you)
where k.names is not null
order by what;

-- Columns.
insert into pg_temp.adopt_step (phase, kind, what, why, you, statement, undo)
with item (rank, table_name, place, column_name, name, clause, back) as (
    select k.rank, p.table_name, p.place, p.name, k.shown, k.clause, k.back
    from pg_temp.adopt_asked as q
    cross join pg_temp.adopt_pair as p
    left join pg_collation as l on p.collation_oid = l.oid
    cross join lateral (
        values
            (1, p.fit = 'refuse' and p.name ~ '(^|_)id$', p.theirs, p.ours, null),
            (2, p.fit = 'refuse' and p.name !~ '(^|_)id$', p.theirs, p.ours, null),
            (
                3, p.theirs is null and p.our_not_null and p.our_default is null and not p.is_our_identity
                and not q.derived ? p.name, p.ours, null, null
            ),
            (4, p.ours is not null and p.is_generated, p.name, null, null),
            (
                5, p.ours is not null and p.theirs is not null and (
                    not l.collisdeterministic
                    or pg_temp.adopt_ask(format('select lower(''I'' collate %s)', l.oid::regcollation)) <> 'i'
                ), l.collname, p.theirs, null
            ),
            (
                6, p.theirs is null, p.name,
                format(
                    'add column %I %s%s%s%s', p.name, p.ours, ' default ' || p.our_default,
                    case when p.is_our_identity then ' generated by default as identity' end,
                    case when p.our_not_null and (p.our_default is not null or p.is_our_identity) then ' not null' end
                ),
                format('drop column %I', p.name)
            ),
            (
                7, p.theirs is not null and p.their_default is null and p.our_default is not null
                and not p.is_their_identity and not p.is_generated and p.fit <> 'refuse',
                format('%s (%s)', p.name, p.our_default),
                format('alter column %I set default %s', p.name, p.our_default),
                format('alter column %I drop default', p.name)
            ),
            (
                8, p.their_not_null and not p.our_not_null, p.name, format('alter column %I drop not null', p.name),
                format('alter column %I set not null', p.name)
            ),
            (
                9, p.ours is null and p.their_not_null and p.their_default is null and not p.is_their_identity
                and not p.is_generated, p.name, null, null
            ),
            (
                10, p.their_length < p.our_length and p.name !~ 'status$',
                format('%s (%s, ours %s)', p.name, p.their_length, p.our_length), null, null
            ),
            (12, p.their_length < p.our_length and p.name ~ 'status$', p.theirs, p.ours, null),
            (
                11, p.ours ~ '^numeric' and p.theirs ~ '^(integer|bigint|smallint)' and p.name ~ 'price|amount|total',
                p.name, null, null
            )
    ) as k (rank, applies, shown, clause, back)
    where k.applies
)
select 1, r.kind,
    format(
        r.what, case when r.kind = 'stop' then concat(i.table_name, '.', i.one) else i.table_name end,
        string_agg(i.name, ', ' order by i.place), min(i.clause)
    ),
    r.why, format(r.you, format('alter table %I.%I', q.source, i.table_name), i.one, min(i.name), min(i.clause)),
    case
        when r.kind = 'change'
            then format('alter table %I.%I ', q.target, i.table_name) || string_agg(i.clause, ', ' order by i.place)
    end,
    format('alter table %I.%I ', q.target, i.table_name) || string_agg(i.back, ', ' order by i.place)
from pg_temp.adopt_asked as q
cross join (select i.*, case when i.rank not between 6 and 11 then i.column_name end as one from item as i) as i
inner join (
    values
        (
            1, 'stop', 'column %s is %s, and not %s', 'Our functions find rows by keys of the second type.',
            'Give the tables such keys, and have what refers to them follow. There is no way around it.'
        ),
        (
            2, 'stop', 'column %s is %s, and not %s', 'Our functions work with the second type there.',
            'If its values are of that type: %s alter column %I drop default,'
            ' alter column %2$I type %4$s using %2$I::text::%4$s'
        ),
        (
            3, 'stop', 'column %s is not there', 'It is of no use to guess what these rows have there.',
            'Add and fill it: %s add column %I %s'
        ),
        (
            4, 'stop', 'column %s is computed', 'Our functions and triggers write it.',
            'Make it one that is written: %s alter column %I drop expression'
        ),
        (
            5, 'stop', 'column %s has collation %s',
            'By its rules texts are equal that are not, or I and i are two letters.',
            'Give it another one: %1$s alter column %2$I type %4$s collate "default"'
        ),
        (
            6, 'change', 'columns for %s: %s',
            'Our functions keep there what they know of a row; each has a default, or follows from other columns.',
            'Nothing, unless a statement inserts without naming columns and counts on their number.'
        ),
        (
            7, 'change', 'defaults for %s: %s', 'Our functions leave these columns out when they insert.',
            'Nothing. Statements that name the column do as before.'
        ),
        (
            8, 'change', 'null is allowed in %s: %s', 'Our functions write rows that do not have this yet.',
            'See whether the application can read a null there.'
        ),
        (
            9, 'note', 'columns of the application''s own in %s that need a value: %s',
            'Our functions do not know these columns, so none of them can insert a row there (23502).',
            'Give them a default, or go on inserting such rows with statements of your own.'
        ),
        (
            10, 'note', 'columns of %s that hold fewer letters than ours: %s',
            'What is longer is refused (22001), also if our functions write it.',
            'Widen them if you want what is longer.'
        ),
        (
            12, 'stop', 'column %s is %s, shorter than ours', 'The clock writes words into it that do not fit.',
            'Widen it: %1$s alter column %2$I type %4$s'
        ),
        (
            11, 'note', 'amounts of %s are whole numbers: %s',
            'They are taken as they are: 1500 is 1500, and not 15.00.',
            'Show amounts of our functions as you show these.'
        )
) as r (rank, kind, what, why, you) on i.rank = r.rank
group by q.source, q.target, i.table_name, i.one, r.rank, r.kind, r.what, r.why, r.you
order by r.rank, min(i.place), i.table_name;

-- Instants get a time zone before the tables move. Views, rules, policies and triggers that read them are dropped first
-- and created again in their own schemas.
insert into pg_temp.adopt_step (phase, kind, what, why, you, statement, undo)
select case when k.is_try then 1 else 0 end, case when k.is_try then 'stop' else 'change' end,
    case
        when k.is_try then format('%s cannot get a time zone: %s', c.table_name, k.error)
        else format('instants in %s get a time zone, read as %s: %s', c.table_name, q.instants_in, c.names)
    end,
    case
        when k.is_try then 'An index, a check or a computed column of the table does not go with that.'
        else 'We compare them with the clock; without a zone nobody knows which instants they are.'
    end,
    case
        when k.is_try then 'Drop it before, and make it again for the new type.'
        else 'See whether it is the zone that the application wrote in; --instants-in names another.'
    end,
    case when not k.is_try then format('alter table %I.%I %s', q.source, c.table_name, c.clauses) end,
    case when not k.is_try then format('alter table %I.%I %s', q.target, c.table_name, c.backs) end
from pg_temp.adopt_asked as q
cross join (
    select p.table_name, string_agg(format('%s (%s)', p.name, p.theirs), ', ' order by p.place) as names,
        string_agg(
            format(
                'alter column %1$I type %2$s using %1$I at time zone %3$L', p.name,
                replace(p.theirs, 'without time zone', 'with time zone'), z.instants_in
            ), ', ' order by p.place
        ) as clauses,
        string_agg(
            format('alter column %1$I type %2$s using %1$I at time zone %3$L', p.name, p.theirs, z.instants_in), ', '
            order by p.place
        ) as backs
    from pg_temp.adopt_asked as z
    cross join pg_temp.adopt_pair as p
    where p.fit = 'convert' and not p.is_generated
    group by p.table_name
) as c
cross join lateral (
    values
        (false, ''),
        (true, pg_temp.adopt_try(format(
            'create temporary table adopt_tried (like %I.%I including all); alter table pg_temp.adopt_tried %s;'
            ' drop table pg_temp.adopt_tried', q.source, c.table_name, c.clauses
        )))
) as k (is_try, error)
where k.error is not null
order by c.table_name, k.is_try;

select pg_temp.adopt_set_aside(array_agg(p.oid), array_agg(p.their_place))
from pg_temp.adopt_pair as p
where p.fit = 'convert';

insert into pg_temp.adopt_step (phase, kind, what, why, you, statement, undo)
select 1, 'change', 'made again: ' || string_agg(a.name, ', ' order by a.depth, a.name),
    'They name a column that gets a time zone. Their grants, indexes, triggers and comments come back.',
    'Nothing: it is the same transaction.', null, null
from pg_temp.adopt_again as a
having count(*) > 0
union all
select 1, 'stop', format('%s names %s.%s', pg_describe_object(d.classid, d.objid, 0), p.table_name, p.name),
    'The column gets a time zone, and PostgreSQL lets no column that this names change its type.',
    'Drop it before, and make it again afterwards.', null, null
from pg_temp.adopt_pair as p
inner join pg_depend as d
    on d.refclassid = 'pg_class'::regclass and p.oid = d.refobjid and p.their_place = d.refobjsubid
left join pg_rewrite as w on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
left join pg_class as c on w.ev_class = c.oid
where p.fit = 'convert' and (
    d.classid in ('pg_proc'::regclass, 'pg_publication_rel'::regclass) or c.relkind = 'r'
    or not pg_has_role(c.relowner, 'usage')
)
union all
-- Times that the application writes without a zone are read in that of its connection.
select 3, 'change', format('database %I gets time zone %s', d.datname, q.instants_in),
    'Times that the application writes without a zone are read in the zone of its connection.',
    'If the application sets its time zone itself, it has to be this one.',
    format('alter database %I set timezone = %L', d.datname, q.instants_in),
    coalesce(
        (
            select format('alter database %I set timezone = %L', d.datname, substr(c.setting, 10))
            from pg_db_role_setting as s
            cross join lateral unnest(s.setconfig) as c (setting)
            where s.setrole = 0 and s.setdatabase = d.oid and c.setting ~* '^timezone='
        ),
        format('alter database %I reset timezone', d.datname)
    )
from pg_database as d
inner join pg_temp.adopt_asked as q on current_setting('TimeZone') <> q.instants_in
where d.datname = current_database() and exists (select from pg_temp.adopt_pair as p where p.fit = 'convert');
