-- requires: functions/lifecycle.setting_integer
-- Locks: the row of failed_steps that it writes.
create or replace function record_failed_step(
    p_step text,
    p_subject_id integer,
    p_sqlstate text,
    p_message text,
    p_now timestamptz
)
returns void
language sql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
    insert into failed_steps as f (step, subject_id, sqlstate, message, failed_at, next_try_at)
    values (
        p_step,
        p_subject_id,
        p_sqlstate,
        p_message,
        p_now,
        case when lifecycle.setting_integer('max_tries') > 1 then p_now + interval '1 minute' end
    )
    on conflict (step, subject_id) where resolved_at is null do update
    set tries = f.tries + 1,
        sqlstate = excluded.sqlstate,
        message = excluded.message,
        failed_at = excluded.failed_at,
        next_try_at = case
            when f.tries + 1 < lifecycle.setting_integer('max_tries')
                then excluded.failed_at + interval '1 minute' * least(power(4, f.tries), 1440)
        end;
$function$;

comment on function record_failed_step(text, integer, text, text, timestamptz) is
'Notes that a step failed on a session: tried again after 1, 4, 16 and 64 minutes, given up after lifecycle.settings
max_tries (5). p_step: step of advance_sessions(); p_subject_id: the session; p_sqlstate, p_message: what was raised;
p_now: time of the failure. Returns nothing. Raises nothing.';

revoke all on function record_failed_step(text, integer, text, text, timestamptz) from public;
