drop table compliance_items;
drop table personnel;
drop table venues;
drop table trainer_qualifications;
drop table trainers;
drop table courses;
drop type compliance_status;
drop type trainer_type;
drop function cuid();
do $schema$
begin
    execute format('comment on schema %I is null', current_schema());
end
$schema$;
