-- Roles are the cluster's: made only if missing, so a deployer without createrole can install beside an older copy.
do $role$
begin
    if not exists (select from pg_catalog.pg_roles as r where r.rolname = 'sessionbook_app') then
        create role sessionbook_app nologin;
        comment on role sessionbook_app is 'Sessionbook: calls the API functions, reads views and tables, writes no table.';
    end if;
exception
    -- Another database of the cluster was deployed in the same moment.
    when duplicate_object or unique_violation then null;
end
$role$;
