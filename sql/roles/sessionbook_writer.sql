-- Roles are the cluster's: made only if missing, so a deployer without createrole can install beside an older
-- installation.
-- It may do what sessionbook_app may, and write the units' tables besides.
do $role$
begin
    if not exists (select from pg_catalog.pg_roles as r where r.rolname = 'sessionbook_writer') then
        create role sessionbook_writer nologin in role sessionbook_app;
        comment on role sessionbook_writer is
        'Sessionbook: what sessionbook_app may, and writes the tables of the units; for ORMs and applications that had them before.';
    end if;
exception
    -- Another database of the cluster was deployed in the same moment.
    when duplicate_object or unique_violation then null;
end
$role$;
