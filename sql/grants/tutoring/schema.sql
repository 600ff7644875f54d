do $grant$
begin
    execute format('grant usage on schema %I to ', current_schema())
        || $roles$sessionbook_app, sessionbook_reader, sessionbook_courier, sessionbook_monitor$roles$;
end
$grant$;
