-- Fires before each writing statement on every table of an installation that moves to another server. It reads nothing,
-- so it needs no rights.
create or replace function refuse_moved()
returns trigger
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    if tg_nargs = 0 then
        raise exception using
            errcode = 'PT503',
            constraint = 'tenant_moving',
            message = pg_catalog.format('%I is moving to another server', tg_table_schema),
            detail = e'key: tenant_moving\n' || 'Writing is not possible until the move is complete.',
            hint = 'Nothing was changed. Try again in some seconds.';
    end if;
    raise exception using
        errcode = 'PT410',
        constraint = 'tenant_moved',
        message = pg_catalog.format('%I has moved to %s', tg_table_schema, tg_argv[0]),
        detail = e'key: tenant_moved\n' || 'The rows here are those of the time of the move.',
        hint = 'Nothing was changed. Connect to the other server.';
end
$function$;

comment on function refuse_moved() is
'Trigger function (before every writing statement): keeps writers out of an installation that moves to another server.
Argument: where it has moved to; none: it is under way. Raises PT503 tenant_moving, PT410 tenant_moved.';

revoke all on function refuse_moved() from public;
