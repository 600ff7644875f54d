-- Roles are the cluster's: made only if missing, so a deployer without createrole can install beside an older copy.
do $role$
begin
    if not exists (select from pg_catalog.pg_roles as r where r.rolname = 'sessionbook_courier') then
        create role sessionbook_courier nologin;
        comment on role sessionbook_courier is 'Sessionbook: claims, completes and fails reminders, nothing else.';
    end if;
exception
    -- Another database of the cluster was deployed in the same moment.
    when duplicate_object or unique_violation then null;
end
$role$;
