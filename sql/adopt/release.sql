-- Gives the tables of an adopted installation back, and drops the rest of it. Columns, keys and indexes that were added
-- go, unless they are to be kept; rows stay as they are. What an adoption noted calls adopt_retype(), which changes
-- types of columns with what names these out of the way.
create function pg_temp.adopt_retype(p_table text, p_columns text, p_statement text)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $function$
select pg_temp.adopt_set_aside(array_agg(a.attrelid), array_agg(a.attnum))
from pg_attribute as a
where a.attrelid = p_table::regclass and a.attname = any(string_to_array(p_columns, ', '));
select sessionbook.run('pg_catalog', 'release', concat_ws(
    e';\n', string_agg(a.drops, ';' order by a.depth desc), p_statement, string_agg(a.makes, e';\n' order by a.depth)
))
from pg_temp.adopt_again as a;
delete from pg_temp.adopt_again;
$function$;

create function pg_temp.adopt_release(p_schema text, p_to text, p_keep boolean)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_schema text;
    v_tables text[];
    v_undo text[];
begin
    select a.adopted_as, a.undo, array(select format('%I.%I', a.adopted_as, u) from unnest(a.tables) as u)
    into strict v_schema, v_undo, v_tables
    from sessionbook.adoptions as a
    where a.schema_name = p_schema;
    if v_schema <> p_schema then
        perform sessionbook.rename(p_schema, v_schema);
    end if;
    perform sessionbook.run('pg_catalog', 'release', array_to_string(
        array['lock table ' || array_to_string(v_tables, ', ')]
        || array(select u from unnest(v_undo) as u where not (p_keep and u ~ ' drop column |^drop index '))
        -- There are none if an administrator wants no roles of ours.
        || array(
            select format('revoke all on table %s from %s', array_to_string(v_tables, ', '), g)
            from sessionbook.grantees() as g
            where to_regrole(g) is not null
        )
        || array(select format('alter table %s set schema %I', u, p_to) from unnest(v_tables) as u),
        e';\n'
    ));
    perform sessionbook.forget(v_schema);
    -- A column that was kept may be of a type in there; then this says so, and all is as it was.
    perform sessionbook.run('pg_catalog', 'release', string_agg(
        concat('drop ', t.kind, t.names, ';'), '' order by array_position('{table,procedure,function,type}', t.kind)
    ) || format('drop schema %I', v_schema))
    from (
        select m.part[1] as kind, string_agg(format(' %I.%s', v_schema, m.part[2]), ',') as names
        from sessionbook.things(v_schema) as x
        cross join regexp_match(x.identity, '^(table|procedure|function|type) (.*)$') as m (part)
        where m.part is not null
        group by m.part[1]
    ) as t;
end
$function$;
