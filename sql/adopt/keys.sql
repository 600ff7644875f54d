-- Keys and indexes. A key of theirs on the same columns is taken for ours, whatever its name. What would refuse rows of
-- the application is left out: settings.rules says what becomes of them.
create temporary table adopt_missing on commit drop as
select o.*, t.schema_name, -- noqa: AM04
    t.table_name is not null as is_theirs, s.definition as ours_on_theirs,
    t.table_name is not null and o.kind in ('c', 'f') and exists (
        select from pg_temp.adopt_column as c
        where c.side = 'theirs' and c.table_name = o.table_name and c.column_name = any(o.columns)
    ) as is_left,
    left(o.name, case when n.taken then 61 else 63 end) || case when n.taken then '_2' else '' end as new_name
from pg_temp.adopt_key as o
left join pg_temp.adopt_table as t on t.side = 'theirs' and o.table_name = t.table_name
-- A table that has another primary key gets a unique one.
cross join lateral (
    select regexp_replace(pg_temp.adopt_swap(o.definition, o.table_name), case when exists (
        select from pg_temp.adopt_key as k where k.side = 'theirs' and k.table_name = o.table_name and k.kind = 'p'
    ) then '^PRIMARY KEY' else '^$' end, 'UNIQUE') as definition
) as s
cross join lateral (
    select exists(select from pg_temp.adopt_key as k where k.side = 'theirs' and k.name = o.name) as taken
) as n
where o.side = 'ours'
    and (
        t.table_name is not null
        or o.kind = 'f' and exists (
            select
            from pg_temp.adopt_table as r
            where r.side = 'theirs' and starts_with(o.reference, r.table_name || '{')
        )
    )
    and not exists (
        select from pg_temp.adopt_key as k
        where k.side = 'theirs' and k.table_name = o.table_name
            and case
                when o.kind in ('p', 'u')
                    then k.is_unique and k.predicate is null and k.columns @> o.columns and o.columns @> k.columns
                when o.kind = 'f' then k.kind = 'f' and k.columns = o.columns and k.reference = o.reference
                else k.kind = o.kind and k.definition = s.definition and k.is_unique >= o.is_unique
            end
    );

insert into pg_temp.adopt_step (phase, kind, what, why, you)
select 1, 'stop', format('%s has %s times the same %s', k.table_name, n.rows, k.expressions) as what,
    'Our functions find a row by it, and would take any of several.',
    format(
        'Leave one of each: select %1$s, count(*) from %2$I.%3$I group by %1$s having count(*) > 1', k.expressions,
        k.schema_name, k.table_name
    )
from pg_temp.adopt_missing as k
cross join pg_temp.adopt_ask(format(
    'select nullif(count(*), 0) from (select from %I where (%s) is not null%s group by %2$s having count(*) > 1) as d',
    k.table_name, k.expressions, ' and ' || k.predicate
)) as n (rows)
where k.is_unique and k.is_theirs and n.rows is not null
order by what;

-- What keys refer to comes before them.
insert into pg_temp.adopt_step (phase, kind, statement, undo)
select case when k.is_unique then 1 else 3 end, 'sql',
    case k.kind
        when 'i' then format(
            'create %sindex %I on %I.%I%s', case when k.is_unique then 'unique ' end, k.new_name, q.target,
            k.table_name, k.ours_on_theirs
        )
        else format('alter table %I.%I add constraint %I %s', q.target, k.table_name, k.new_name, k.ours_on_theirs)
    end,
    case
        when k.kind = 'i' then format('drop index if exists %I.%I', q.target, k.new_name)
        when k.is_theirs
            then format('alter table %I.%I drop constraint if exists %I', q.target, k.table_name, k.new_name)
    end
from pg_temp.adopt_asked as q, pg_temp.adopt_missing as k
where not k.is_left
order by array_position('{p,u,i,x,f,c}', k.kind), k.table_name, k.name;

insert into pg_temp.adopt_step (phase, kind, what, why, you)
select 1, r.kind, r.what || string_agg(k.new_name, ', ' order by k.table_name, k.name) as what, r.why, r.you
from pg_temp.adopt_missing as k
inner join (
    values
        (
            false, false, 'change', 'keys and checks: ',
            'They are about columns and tables that are new, or our functions cannot be right without them.', 'Nothing.'
        ),
        (
            false, true, 'change', 'indexes: ', 'Our functions, and the clock, search by them.',
            'Drop those of your own that they make superfluous.'
        ),
        (
            true, false, 'note', 'left out: ',
            'The application may write what these constraints of ours would refuse. Its own rules stay as they are.',
            'Nothing. Add them by hand once you want them.'
        )
) as r (is_left, is_index, kind, what, why, you) on k.is_left = r.is_left and r.is_index = (k.kind = 'i')
group by r.kind, r.what, r.why, r.you
order by what;
