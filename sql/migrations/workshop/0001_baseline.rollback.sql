drop table enrollments;
drop table order_items;
drop table orders;
drop table workshop_sessions;
drop table workshops;
drop table creators;
do $schema$
begin
    execute format('comment on schema %I is null', current_schema());
end
$schema$;
