-- Roles are the cluster's: made only if missing, so a deployer without createrole can install beside an older copy.
do $role$
begin
    if not exists (select from pg_catalog.pg_roles as r where r.rolname = 'sessionbook_clock') then
        create role sessionbook_clock nologin;
        comment on role sessionbook_clock is 'Sessionbook: runs the tick, nothing else.';
    end if;
exception
    -- Another database of the cluster was deployed in the same moment.
    when duplicate_object or unique_violation then null;
end
$role$;
