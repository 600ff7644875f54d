do $schema$
begin
    execute format('comment on schema %I is null', current_schema());
end
$schema$;
