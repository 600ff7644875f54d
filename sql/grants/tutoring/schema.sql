do $grant$
begin
    execute format(
        'grant usage on schema %I to sessionbook_app, sessionbook_writer, sessionbook_reader, sessionbook_courier,'
        ' sessionbook_monitor',
        current_schema()
    );
end
$grant$;
