-- requires: functions/_is_superuser
-- The engine calls functions of an installation by name, with its owner's rights; its statements fire the triggers of
-- the installation's tables, and these functions call, read and cast to what else the schema holds. A name is found in
-- the schema before it is asked whose it is. So all that the schema holds has to belong to lifecycle's owner (or to
-- a superuser, who may do anything anyway). Row level security that is forced on the owner would hide due rows.
-- The only place that checks this, for everything in lifecycle that calls an object of an installation by name.
create or replace function _require_trusted(p_schema_name text)
returns void
language plpgsql
stable
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_owner constant oid := (select n.nspowner from pg_catalog.pg_namespace as n where n.nspname = 'lifecycle');
    v_schema constant oid := pg_catalog.to_regnamespace(quote_ident(p_schema_name));
    v_found record;
begin
    select format('%s %s', i.type, i.identity) as what, pg_catalog.pg_get_userbyid(f.owner) as owner, f.is_hidden
    into v_found
    from (
        select 'pg_catalog.pg_namespace'::regclass as kind, n.oid, n.nspowner as owner, false as is_hidden
        from pg_catalog.pg_namespace as n
        where n.oid = v_schema and n.nspowner <> v_owner
        union all
        select 'pg_catalog.pg_proc'::regclass, p.oid, p.proowner, false
        from pg_catalog.pg_proc as p
        where p.pronamespace = v_schema and p.proowner <> v_owner
        union all
        -- An operator for exactly our types is preferred to PostgreSQL's own.
        select 'pg_catalog.pg_operator'::regclass, o.oid, o.oprowner, false
        from pg_catalog.pg_operator as o
        where o.oprnamespace = v_schema and o.oprowner <> v_owner
        union all
        select 'pg_catalog.pg_class'::regclass, c.oid, c.relowner, false
        from pg_catalog.pg_class as c
        where c.relnamespace = v_schema and c.relowner <> v_owner and c.relkind in ('r', 'p', 'f', 'v', 'm', 'S')
        union all
        -- Array types and row types have the owner of their elements and tables.
        select 'pg_catalog.pg_type'::regclass, t.oid, t.typowner, false
        from pg_catalog.pg_type as t
        left join pg_catalog.pg_class as c on t.typrelid = c.oid
        where t.typnamespace = v_schema and t.typowner <> v_owner and t.typelem = 0 and coalesce(c.relkind, 'c') = 'c'
        union all
        select 'pg_catalog.pg_class'::regclass, c.oid, v_owner, true
        from pg_catalog.pg_class as c
        where c.relnamespace = v_schema and c.relforcerowsecurity and pg_catalog.row_security_active(c.oid)
    ) as f
    cross join lateral pg_catalog.pg_identify_object(f.kind, f.oid, 0) as i
    where f.is_hidden or not _is_superuser(f.owner)
    order by f.kind = 'pg_catalog.pg_namespace'::regclass desc, f.kind desc, f.oid asc
    limit 1;
    if not found then
        return;
    end if;
    if v_found.is_hidden then
        raise exception using
            errcode = 'PT409',
            constraint = 'row_security_forced',
            message = format('row level security is forced on %s', v_found.what),
            detail = e'key: row_security_forced\n' || 'It hides rows from the clock, which runs as the owner.',
            hint = format('Run: alter %s no force row level security', v_found.what);
    end if;
    raise exception using
        errcode = 'PT409',
        constraint = 'schema_not_ours',
        message = format('%s belongs to %s', v_found.what, v_found.owner),
        detail = e'key: schema_not_ours\n'
            || 'The clock would run it with the rights of the owner of schema lifecycle, so it has to belong to that role.',
        hint = format(
            'Run: alter %s owner to %I',
            v_found.what,
            pg_catalog.pg_get_userbyid(v_owner)
        );
end
$function$;

comment on function _require_trusted(text) is
'Refuses an installation whose schema, or anything in it, belongs to somebody else than the owner of schema lifecycle or
a superuser. p_schema_name: schema of the installation. Returns nothing. Raises PT409 schema_not_ours,
PT409 row_security_forced.';

revoke all on function _require_trusted(text) from public;
