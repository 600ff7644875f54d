-- requires: functions/_holders
-- due_steps() shows the xmax of the row that a step locks first.
create or replace function _row_holders(p_schema_name text, p_now timestamptz)
returns text
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_xmax xid[];
begin
    execute format(
        'select array(select distinct d.locked_by from (select s.locked_by from %I.due_steps($1) as s limit 10000) as d'
        ' where d.locked_by <> ''0''::xid limit 100)',
        p_schema_name
    ) into v_xmax using p_now;
    return _holders(v_xmax);
end
$function$;

comment on function _row_holders(text, timestamptz) is
'Who holds rows of an installation that are due. p_schema_name: schema of the installation, which has due_steps();
p_now: time to judge by. Returns the processes and prepared transactions, null if there are none. Raises nothing of its own.';

revoke all on function _row_holders(text, timestamptz) from public;
