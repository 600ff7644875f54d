-- requires: functions/setting_boolean
-- The notification says nothing more: every role of the database may listen.
-- Positions are given under one lock, to what is committed: what commits later gets a later one. An effect has seen its
-- cause committed, so whoever sees the effect sees the cause, and the cause has the smaller id.
-- Locks: the row of event_counter, skipped if it is locked, because its holder numbers then; nothing if there is
-- nothing new.
create or replace function _number_events(p_schema_name text, p_limit integer default 10000)
returns bigint
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_position bigint;
    v_numbered bigint;
begin
    execute format(
        'select c.last_position from %1$I.event_counter as c where exists (select from %1$I.pending_events)',
        p_schema_name
    ) into v_position;
    -- On a standby, only events that have a position can be read.
    if v_position is null or pg_catalog.current_setting('transaction_read_only')::boolean then
        return 0;
    end if;
    execute format('select c.last_position from %I.event_counter as c for update skip locked', p_schema_name)
    into v_position;
    if v_position is null then
        return 0;
    end if;
    execute format(
        'with gone as (delete from %1$I.pending_events as p where p.id in ('
        ' select o.id from %1$I.pending_events as o order by o.id limit $2) returning p.*),'
        ' numbered as (insert into %1$I.events (position, kind, subject_id, payload, actor, occurred_at)'
        ' select $1 + row_number() over (order by g.id), g.kind, g.subject_id, g.payload, g.actor, g.occurred_at'
        ' from gone as g returning 1),'
        ' counted as (select count(*) as n from numbered)'
        ' update %1$I.event_counter as c set last_position = $1 + n.n from counted as n where n.n > 0 returning n.n',
        p_schema_name
    ) into v_numbered using v_position, p_limit;
    if v_numbered > 0 and setting_boolean('notify_events') then
        perform pg_catalog.pg_notify('sessionbook_events', '');
    end if;
    return coalesce(v_numbered, 0);
end
$function$;

comment on function _number_events(text, integer) is
'Gives positions to the oldest events of an installation that have none, and says so on the channel sessionbook_events
if the setting notify_events is on. p_schema_name: schema of the installation; p_limit: most events (default 10000).
Returns how many; 0 also if another call is numbering them, or nothing may be written. Raises nothing of its own.';

revoke all on function _number_events(text, integer) from public;
