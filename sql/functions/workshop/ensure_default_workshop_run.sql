-- requires: functions/require_workshop
-- Locks: sessions of the workshop without a run, in id order, then its default run. Of two callers the second waits at
-- the first session, finds none left and makes no run; the unique index is the guarantee.
create or replace function ensure_default_workshop_run(p_workshop_id uuid)
returns uuid
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_session_ids uuid[];
    v_run_id uuid;
begin
    perform require_workshop(p_workshop_id);
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
    insert into workshop_runs as r (workshop_id, run_name, run_name_ar, start_date, end_date, is_default)
    select
        w.id,
        left('Default Run - ' || w.name, 255),
        left('الدورة الافتراضية - ' || coalesce(w.title_ar, w.name), 255),
        min(s.session_date),
        max(s.last_date),
        true
    from workshops as w
    inner join workshop_sessions as s on s.id = any(v_session_ids)
    where w.id = p_workshop_id
    group by w.id
    -- Not "do nothing": only an update gives the key of the run that is there.
    on conflict (workshop_id) where is_default do update set is_default = r.is_default
    returning r.id into v_run_id;
    update workshop_sessions as s
    set run_id = v_run_id
    where s.id = any(v_session_ids);
    return v_run_id;
end
$function$;

comment on function ensure_default_workshop_run(uuid) is
'Gathers the sessions of a workshop that have no run under its default run (Default Run - NAME, in Arabic too), made
where missing, one a workshop. p_workshop_id: the workshop. Returns the key of the run; null when every session has one.
Raises nothing of its own; PT404 workshop_not_found.';

revoke all on function ensure_default_workshop_run(uuid) from public;
grant execute on function ensure_default_workshop_run(uuid) to sessionbook_app;
