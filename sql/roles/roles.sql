-- The roles of the cluster, and those of each installation. Made only if missing, so a deployer without createrole can
-- install beside an older copy, or where an administrator made them.
do $roles$
declare
    v_role record;
begin
    for v_role in
        select r.name, r.parent, r.comment
        from (
            values
                (0, 'sessionbook_common', null, 'calls the helpers in lifecycle that each installation needs.'),
                (1, 'sessionbook_clock', 'sessionbook_common', 'runs the tick, nothing else.'),
                (1, 'sessionbook_monitor', 'sessionbook_common',
                    'reads health, ticks, failed steps and what is deployed.')
            union all
            select v.place, p.role_prefix || v.suffix, coalesce(p.role_prefix || v.parent, 'sessionbook_common'),
                v.comment
            from (
                select distinct i.role_prefix from sessionbook.installations as i where i.unit <> 'lifecycle'
            ) as p
            cross join (
                values
                    (1, '_app', null, 'calls the API functions, reads views and tables, writes no table.'),
                    (1, '_reader', null, 'reads the views and tables, no personal columns (phone, email).'),
                    (1, '_courier', null, 'claims, completes and fails reminders, nothing else.'),
                    (2, '_writer', '_app', 'what the app''s role may, and writes the tables of the units; for ORMs and'
                        ' applications that had them before.')
            ) as v (place, suffix, parent, comment)
        ) as r (place, name, parent, comment)
        where not exists (
            select
            from pg_catalog.pg_roles as o
            left join pg_catalog.pg_auth_members as m on o.oid = m.member
                and m.roleid = pg_catalog.to_regrole(pg_catalog.quote_ident(r.parent))
            where o.rolname = r.name and (r.parent is null or m.roleid is not null)
        )
        order by r.place, r.name
    loop
        begin
            if pg_catalog.to_regrole(pg_catalog.quote_ident(v_role.name)) is null then
                execute pg_catalog.format('create role %I nologin', v_role.name);
                execute pg_catalog.format('comment on role %I is %L', v_role.name, 'Sessionbook: ' || v_role.comment);
            end if;
            if v_role.parent is not null then
                execute pg_catalog.format('grant %I to %I', v_role.parent, v_role.name);
            end if;
        exception
            -- Another database of the cluster was deployed in the same moment.
            when duplicate_object or unique_violation then null;
        end;
    end loop;
    -- Asked first, so that nothing is written if nothing changed.
    if not pg_catalog.has_function_privilege('sessionbook_monitor', 'sessionbook.things(text)', 'execute') then
        grant usage on schema sessionbook to sessionbook_monitor;
        grant select on all tables in schema sessionbook to sessionbook_monitor;
        grant execute on function
        sessionbook.plan(jsonb), sessionbook.drift(text, jsonb), sessionbook.wording(text), sessionbook.items(text),
        sessionbook.things(text), sessionbook.key_of(text), sessionbook.jobs(text, boolean), sessionbook.job_name(text),
        sessionbook.pace(double precision, boolean), sessionbook.refuse(text, text, text, text), sessionbook.grantees()
        to sessionbook_monitor;
    end if;
end
$roles$;
