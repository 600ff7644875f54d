-- Roles are the cluster's: made only if missing, so a deployer without createrole can install beside an older copy.
do $role$
begin
    if not exists (select from pg_catalog.pg_roles as r where r.rolname = 'sessionbook_monitor') then
        create role sessionbook_monitor nologin;
        comment on role sessionbook_monitor is 'Sessionbook: reads health, ticks, failed steps and what is deployed.';
    end if;
exception
    -- Another database of the cluster was deployed in the same moment.
    when duplicate_object or unique_violation then null;
end
$role$;

-- Asked first, so that nothing is written if nothing changed.
do $grant$
begin
    if not pg_catalog.has_function_privilege('sessionbook_monitor', 'sessionbook.things(text)', 'execute') then
        grant usage on schema sessionbook to sessionbook_monitor;
        grant select on all tables in schema sessionbook to sessionbook_monitor;
        grant execute on function
        sessionbook.plan(jsonb), sessionbook.drift(text, jsonb), sessionbook.wording(text), sessionbook.items(text),
        sessionbook.things(text), sessionbook.key_of(text), sessionbook.jobs(text, boolean), sessionbook.job_name(text),
        sessionbook.pace(double precision, boolean), sessionbook.refuse(text, text, text, text)
        to sessionbook_monitor;
    end if;
end
$grant$;
