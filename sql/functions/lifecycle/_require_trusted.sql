-- requires: functions/_is_superuser
-- The engine calls functions of an installation by name, with its owner's rights, and its statements fire the triggers
-- of the installation's tables. So all of these have to belong to lifecycle's owner (or to a superuser, who may do
-- anything anyway). Row level security that is forced on the owner would hide rows that are due.
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
    select f.what, pg_catalog.pg_get_userbyid(f.owner) as owner, f.is_hidden
    into v_found
    from (
        select format('schema %I', n.nspname) as what, n.nspowner as owner, false as is_hidden
        from pg_catalog.pg_namespace as n
        where n.nspname = p_schema_name and n.nspowner <> v_owner and not _is_superuser(n.nspowner)
        union all
        select format('function %s', p.oid::regprocedure), p.proowner, false
        from pg_catalog.pg_proc as p
        where p.pronamespace = v_schema
            and p.proname in (
                'steps', 'has_work', 'due_steps', 'due_rows', 'apply_step', 'clock_health', 'refresh_instants',
                '_purge_history'
            )
            and p.proowner <> v_owner
            and not _is_superuser(p.proowner)
        union all
        select
            format('%s %s', case c.relkind when 'v' then 'view' else 'table' end, c.oid::regclass),
            c.relowner,
            c.relowner = v_owner or _is_superuser(c.relowner)
        from pg_catalog.pg_class as c
        where c.relnamespace = v_schema
            and (c.relkind in ('r', 'p', 'f') or c.relname in ('clock_health', 'status_rules'))
            and (
                c.relowner <> v_owner and not _is_superuser(c.relowner)
                or c.relforcerowsecurity and pg_catalog.row_security_active(c.oid)
            )
    ) as f
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
'Refuses an installation in which something that the engine runs belongs to somebody else than the owner of schema
lifecycle or a superuser. p_schema_name: schema of the installation. Returns nothing. Raises PT409 schema_not_ours,
PT409 row_security_forced.';

revoke all on function _require_trusted(text) from public;
