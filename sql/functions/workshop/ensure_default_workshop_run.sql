-- requires: functions/_gather_sessions, functions/_require_workshop
-- security: it gathers sessions of the workshop that is named, under a name that the caller does not choose.
-- Locks: sessions of the workshop without a run, in id order. Of two callers the second waits at the first session,
-- finds none left and makes no run; the unique index is the guarantee.
create or replace function ensure_default_workshop_run(p_workshop_id uuid)
returns uuid
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_session_ids uuid[];
begin
    perform _require_workshop(p_workshop_id);
    v_session_ids := array(
        select s.id
        from workshop_sessions as s
        where s.workshop_id = p_workshop_id and s.run_id is null
        order by s.id
        for no key update
    );
    if cardinality(v_session_ids) = 0 then
        return null;
    end if;
    return _gather_sessions(p_workshop_id, v_session_ids);
end
$function$;

comment on function ensure_default_workshop_run(uuid) is
'Puts the sessions of a workshop that have no run into its default run (named Default Run - NAME, in Arabic too). It is
made if it is missing; a workshop has one. p_workshop_id: the workshop. Returns the key of the run; null if every
session has one. Raises PT404 workshop_not_found.';

revoke all on function ensure_default_workshop_run(uuid) from public;
grant execute on function ensure_default_workshop_run(uuid) to sessionbook_app;
