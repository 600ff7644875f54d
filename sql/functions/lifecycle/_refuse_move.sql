-- requires: functions/_require_trusted, functions/shown
-- The slow path of each unit's enforce_status(), which has found no rule for the change.
create or replace function _refuse_move(
    p_schema_name text, p_machine text, p_from text, p_to text, p_cause text
)
returns void
language plpgsql
stable
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_known text[];
    v_allowed text;
begin
    perform _require_trusted(p_schema_name);
    execute format(
        'select array_agg(distinct s.status order by s.status)'
        ' from %I.status_rules as r cross join lateral (values (r.from_status), (r.to_status)) as s (status)'
        ' where r.machine = $1',
        p_schema_name
    ) into v_known using p_machine;
    if p_to is not null and p_to <> all(v_known) then
        raise exception using
            errcode = 'PT400',
            constraint = 'unknown_status',
            message = format('%s has no status %s', p_machine, shown(p_to)),
            detail = e'key: unknown_status\n' || format('Known are %s.', array_to_string(v_known, ', ')),
            hint = format('Use one of these; %I.status_rules lists them with the moves between them.', p_schema_name);
    end if;
    -- A row without a status may get any known status, like a new row.
    if p_from is null or p_from = p_to then
        return;
    end if;
    execute format(
        'select string_agg(format(''%%s (%%s)'', m.to_status, m.causes), '', '' order by m.to_status)'
        ' from (select r.to_status, string_agg(r.cause, '' or '' order by r.cause) as causes'
        ' from %I.status_rules as r where r.machine = $1 and r.from_status = $2 group by r.to_status) as m',
        p_schema_name
    ) into v_allowed using p_machine, p_from;
    raise exception using
        errcode = 'PT409',
        constraint = 'illegal_transition',
        message = format('%s cannot move from %s to %s (cause %s)', p_machine, p_from, coalesce(p_to, 'none'), p_cause),
        detail = e'key: illegal_transition\n' || case
            when v_allowed is null then format('%s is final: no move leads away from it.', p_from)
            else format('From %s: %s.', p_from, v_allowed)
        end,
        hint = 'Statuses with cause seats or clock follow the seat counter and the time by themselves.';
end
$function$;

comment on function _refuse_move(text, text, text, text, text) is
'Refuses a move of a status that no rule allows, and returns if there is nothing to refuse: a new row, a row without a
status, the same status. p_schema_name: installation whose status_rules count; p_machine: such as workshop.session;
p_from, p_to: statuses before and after (null: none); p_cause: person or clock. Returns nothing. Raises PT400
unknown_status, PT409 illegal_transition (detail: the moves allowed from here).';

revoke all on function _refuse_move(text, text, text, text, text) from public;
