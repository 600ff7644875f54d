do $grant$
begin
    execute format(
        'grant usage on schema %I to sessionbook_app, sessionbook_reader, sessionbook_monitor', current_schema()
    );
end
$grant$;
