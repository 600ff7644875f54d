-- Roles are the cluster's: made only where missing, so a deployer without createrole can install beside an older copy.
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
