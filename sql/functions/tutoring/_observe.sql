-- requires: functions/lifecycle.changed_by, functions/lifecycle.actor, functions/lifecycle.now
-- Called only if a rule is about to refuse something, so it costs nothing otherwise.
-- Locks: none.
create or replace function _observe(p_rule text, p_machine text, p_subject_id text, p_from text, p_to text)
returns boolean
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    if (select s.rules from settings as s) = 'enforce' then
        return false;
    end if;
    insert into broken_rules (rule, machine, subject_id, from_value, to_value, changed_by, actor, noted_at)
    values (
        p_rule, p_machine, p_subject_id, left(p_from, 100), left(p_to, 100), lifecycle.changed_by(), lifecycle.actor(),
        lifecycle.now()
    );
    return true;
end
$function$;

comment on function _observe(text, text, text, text, text) is
'Whether what a rule would refuse is to pass, and if so, notes it. p_rule: key of the error; p_machine: what it is a
rule of; p_subject_id: key of the row; p_from, p_to: before and after. Returns true if settings.rules says observe, else
false. Raises nothing.';

revoke all on function _observe(text, text, text, text, text) from public;
