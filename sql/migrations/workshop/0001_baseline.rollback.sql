drop table enrollments;
drop table order_items;
drop table orders;
drop table workshop_sessions;
drop table workshops;
drop table creators;
drop domain known_completion_status;
drop domain known_enrollment_status;
drop domain known_order_source;
drop domain known_order_status;
do $schema$
begin
    execute format('comment on schema %I is null', current_schema());
end
$schema$;
