-- Locks: only a default run that it makes. One that is there is not locked: its holder would lock
-- others at the end of the transaction, and these may come before it in id order.
create or replace function _gather_sessions(p_workshop_id uuid, p_session_ids uuid[])
returns uuid
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_run_id uuid;
begin
    select r.id
    into v_run_id
    from workshop_runs as r
    where r.workshop_id = p_workshop_id and r.is_default;
    if not found then
        insert into workshop_runs as r (workshop_id, run_name, run_name_ar, start_date, end_date, is_default)
        select
            w.id,
            left('Default Run - ' || w.name, 255),
            left('الدورة الافتراضية - ' || coalesce(w.title_ar, w.name), 255),
            min(s.session_date),
            max(s.last_date),
            true
        from workshops as w
        inner join workshop_sessions as s on s.id = any(p_session_ids)
        where w.id = p_workshop_id
        group by w.id
        -- Another transaction has just made it. Not "do nothing": only an update returns the key of the existing run.
        on conflict (workshop_id) where is_default do update set is_default = r.is_default
        returning r.id into v_run_id;
    end if;
    update workshop_sessions as s
    set run_id = v_run_id
    where s.id = any(p_session_ids);
    return v_run_id;
end
$function$;

comment on function _gather_sessions(uuid, uuid[]) is
'Puts sessions under the default run of their workshop (Default Run - NAME, in Arabic too), made if missing, one a
workshop. p_workshop_id: the workshop; p_session_ids: sessions of it, locked by the caller, at least one. Returns the
key of the run. Raises nothing of its own.';

revoke all on function _gather_sessions(uuid, uuid[]) from public;
