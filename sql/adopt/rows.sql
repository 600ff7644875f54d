-- What becomes of rows. Values that we know, and what --map makes of others.
create temporary table adopt_map on commit drop as
select m.table_name, m.column_name, m.from_value, m.to_value
from pg_temp.adopt_asked as q
cross join jsonb_to_recordset(q.maps) as m (table_name text, column_name text, from_value text, to_value text);

create temporary table adopt_label on commit drop as
select p.schema_name, p.table_name, p.name, p.theirs, p.place, l.labels,
    l.labels || array(
        select m.from_value from pg_temp.adopt_map as m where m.table_name = p.table_name and m.column_name = p.name
    ) as known
from pg_temp.adopt_pair as p
cross join lateral (
    select array_agg(x.label order by x.label)
    from (
        select e.enumlabel::text from pg_enum as e where e.enumtypid = p.our_oid
        union
        select r.found[1]
        from pg_temp.adopt_key as k
        cross join regexp_matches(k.definition, '''([^'']*)''::', 'g') as r (found)
        where k.side = 'ours' and k.table_name = p.table_name and k.kind = 'c' and k.columns = array[p.name]
            and k.definition ~ '= ANY'
    ) as x (label)
) as l (labels)
where p.fit = 'as is' and l.labels is not null;

insert into pg_temp.adopt_step (phase, kind, what, why, you)
select 1, 'note', format('%s.%s holds what our rules do not know: %s', l.table_name, l.name, u.found) as what,
    'Such a row stays as it is, and our functions and the clock leave it alone.',
    'If it is one of ours in other words: --map TABLE.COLUMN:LABEL=OURS'
from pg_temp.adopt_label as l
cross join pg_temp.adopt_ask(format(
    'select string_agg(format(''%%L (%%s rows)'', u.label, u.rows), '', '') from (select left(%1$I::text, 60) as label,'
    ' count(*) as rows from %2$I where %1$I::text <> all(%3$L::text[]) group by 1 order by 2 desc limit 5) as u',
    l.name, l.table_name, l.known
)) as u (found)
where u.found is not null
union all
select 1, 'stop', format('%s.timezone holds zones that this server does not know: %s', p.table_name, u.found),
    'Without the zone nobody knows when these rows are.',
    format(
        'Name ones of pg_timezone_names: update %I.%I set timezone = ''Europe/Berlin'' where timezone = ''...'', or use'
        ' --map', p.schema_name, p.table_name
    )
from pg_temp.adopt_pair as p
cross join pg_temp.adopt_ask(format(
    'select string_agg(quote_literal(left(u.timezone, 60)), '', '') from (select distinct timezone from %I) as u'
    ' where u.timezone is not null and u.timezone <> all(%L::text[])'
    ' and lower(u.timezone) not in (select lower(z.name) from pg_timezone_names as z)', p.table_name,
    array(
        select m.from_value from pg_temp.adopt_map as m where m.table_name = p.table_name and m.column_name = 'timezone'
    )
)) as u (found)
where p.name = 'timezone' and u.found is not null
order by what;

-- A check of theirs that would refuse what our triggers and the clock write lets that pass too.
insert into pg_temp.adopt_step (phase, kind, what, why, you, statement, undo)
select 1, 'change', format('check %s of %s also takes %s', k.name, k.table_name, u.found),
    'Our functions and the clock write these.', 'Nothing. What it refused else, it refuses.',
    format(
        'alter table %1$I.%2$I drop constraint %3$I,'
        ' add constraint %3$I check (%4$s or %5$I::text = any(%6$L::text[]))',
        q.target, k.table_name, k.name, k.expression, l.name, l.labels
    ),
    format(
        'alter table %1$I.%2$I drop constraint %3$I, add constraint %3$I check %4$s not valid', q.target, k.table_name,
        k.name, k.expression
    )
from pg_temp.adopt_asked as q
cross join pg_temp.adopt_label as l
inner join (
    select k.*, substring(k.definition from '^CHECK (\(.*\))') as expression
    from pg_temp.adopt_key as k
    where k.side = 'theirs' and k.kind = 'c'
) as k on l.table_name = k.table_name and k.columns = array[l.name]
cross join pg_temp.adopt_ask(format(
    'select string_agg(u.label, '', '') from unnest(%L::text[]) as u (label) cross join lateral (select'
    ' u.label::%s as %I) as r where not %s', l.labels, l.theirs, l.name, k.expression
)) as u (found)
where l.name = 'status' and u.found is not null
order by k.table_name, k.name;

-- Nulls get their default and mapped labels become ours, now and whenever a row is written.
create temporary table adopt_fill on commit drop as
select p.schema_name, p.table_name, p.name, p.place, v.value, f.text as filled, n.rows,
    concat_ws(
        ' or ', case when f.text is not null then format('new.%I is null', p.name) end,
        format('new.%I in ', p.name) || '(' || m.labels || ')'
    ) as condition
from pg_temp.adopt_pair as p
left join lateral (
    select string_agg(quote_literal(m.from_value), ', '),
        string_agg(format(' when %L then %L', m.from_value, m.to_value), '')
    from pg_temp.adopt_map as m
    where m.table_name = p.table_name and m.column_name = p.name
) as m (labels, cases) on true
cross join lateral (
    select case
        when not p.their_not_null and p.our_not_null and p.fit <> 'refuse' and not p.is_generated
            then coalesce(p.their_default, p.our_default)
    end
) as f (text)
cross join lateral (
    select case
        when f.text is null then format('case new.%1$I%2$s else new.%1$I end', p.name, m.cases)
        when m.cases is null then format('coalesce(new.%I, %s)', p.name, f.text)
        else format('coalesce(case new.%1$I%2$s else new.%1$I end, %3$s)', p.name, m.cases, f.text)
    end
) as v (value)
cross join lateral (
    select pg_temp.adopt_ask(format('select nullif(count(*), 0) from %I where %I is null', p.table_name, p.name))
    where f.text is not null
    union all
    select null
    where f.text is null
) as n (rows)
where p.theirs is not null and (f.text is not null or m.cases is not null);

insert into pg_temp.adopt_step (phase, kind, what, why, you)
select 1, 'change', format(
        'null becomes the default in %s: %s', f.table_name,
        string_agg(concat(f.name, ' (' || f.rows || ' rows)'), ', ' order by f.place)
    ) as what,
    'Our functions count on a value there. A trigger does the same with every row that is written.',
    'Look for statements that ask for rows in which it is null: they find none any more.'
from pg_temp.adopt_fill as f
where f.filled is not null
group by f.table_name
union all
select 1, 'change', format('%s.%s: %s becomes %s', m.table_name, m.column_name, m.from_value, m.to_value),
    'You asked for it with --map. A trigger does the same with every row that is written.',
    'Look for queries for the old label: they find nothing from now on.'
from pg_temp.adopt_map as m
order by what;

insert into pg_temp.adopt_step (phase, kind, statement, undo)
select k.phase, 'sql', k.statement, k.undo
from pg_temp.adopt_asked as q
cross join (
    select f.table_name, left('fill_' || f.table_name, 63) as function_name,
        string_agg(f.condition, ' or ' order by f.place) as condition,
        string_agg(format('%I = %s', f.name, f.value), ', ' order by f.place) as sets,
        string_agg(format(e'    new.%I := %s;\n', f.name, f.value), '' order by f.place) as body
    from pg_temp.adopt_fill as f
    group by f.table_name
) as f
cross join lateral (
    values
        (2, format('update %I.%I as new set %s where %s', q.target, f.table_name, f.sets, f.condition), null),
        (
            3, format(
                e'create function %1$I.%2$I() returns trigger language plpgsql set search_path = %1$I, pg_temp'
                ' as $fill$\nbegin\n%3$s    return new;\nend\n$fill$; revoke all on function %1$I.%2$I() from public',
                q.target, f.function_name, f.body
            ),
            format('drop function if exists %I.%I()', q.target, f.function_name)
        ),
        (
            3, format(
                'create trigger zz_001_fill before insert or update on %1$I.%2$I for each row when (%3$s)'
                ' execute function %1$I.%4$I(); alter table %1$I.%2$I enable always trigger zz_001_fill',
                q.target, f.table_name, f.condition, f.function_name
            ),
            format('drop trigger if exists zz_001_fill on %I.%I', q.target, f.table_name)
        )
) as k (phase, statement, undo)
order by f.table_name, k.phase, k.statement;

-- Statements of the unit, each under a comment: what, why, you; a column of theirs that must be new or old; which of
-- their rows it is about; and whether it has to wait for our functions.
insert into pg_temp.adopt_step (phase, kind, what, why, you, statement)
with theirs as (select c.table_name, c.column_name from pg_temp.adopt_column as c where c.side = 'theirs')
select case when s.head ~ '-- after:' then 3 else 2 end, case when s.why is null then 'sql' else 'change' end,
    concat(substring(s.head from '-- what: ([^\n]*)'), ' (' || n.rows || ' rows)'), coalesce(s.why, ''),
    coalesce(substring(s.head from '-- you: ([^\n]*)'), ''), s.body
from (
    select t.place, h.head, rtrim(substr(t.text, length(h.found) + 1), e';\n ') as body,
        substring(h.head from '-- why: ([^\n]*)') as why, substring(h.head from '-- new: (\S+)') as new,
        substring(h.head from '-- old: (\S+)') as old, substring(h.head from '-- rows: ([^\n]*)') as rows
    from pg_temp.adopt_asked as q
    cross join regexp_split_to_table(q.steps, '\n\n(?=-- what:)') with ordinality as t (text, place)
    cross join lateral (select substring(t.text from '^(?:--[^\n]*\n)*') as found) as f
    cross join lateral (select f.found, regexp_replace(f.found, '\n--\s{3,}', ' ', 'g') as head) as h
    where t.place > 1
) as s
left join pg_temp.adopt_ask('select count(*) ' || s.rows) as n (rows) on true
where (s.rows is null or coalesce(n.rows, '0') <> '0')
    and (s.new is null or s.new not in (select concat(c.table_name, '.', c.column_name) from theirs as c))
    and (s.old is null or s.old in (select concat(c.table_name, '.', c.column_name) from theirs as c))
order by s.place;

-- The triggers that derive columns see their own columns named, and fill them.
insert into pg_temp.adopt_step (phase, kind, statement)
select 3, 'sql', format(
    'update %1$I.%2$I set %3$s where %4$s; alter table %1$I.%2$I %5$s', q.target, p.table_name,
    string_agg(format('%1$I = %1$I', p.name), ', ' order by p.place),
    string_agg(format('%I is null', p.name), ' or ' order by p.place),
    string_agg(format('alter column %I set not null', p.name), ', ' order by p.place)
)
from pg_temp.adopt_asked as q
cross join pg_temp.adopt_pair as p
where p.theirs is null and p.our_not_null and p.our_default is null and not p.is_our_identity
group by q.target, p.table_name
order by p.table_name;
