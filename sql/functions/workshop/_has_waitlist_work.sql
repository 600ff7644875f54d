-- requires: functions/due_steps
-- Apart from has_work(), so that it is planned only if it is asked.
create or replace function _has_waitlist_work(p_now timestamptz)
returns boolean
language sql
stable
security invoker
parallel unsafe
set search_path from current
as $function$
    select exists (
        select
        from due_steps(p_now) as d
        where d.step in ('offer_seats', 'offer_runs', 'close_waitlists')
    );
$function$;

comment on function _has_waitlist_work(timestamptz) is
'Whether seats are free while people wait for them, or a waiting list is to be closed. p_now: time to judge by. Returns
boolean. Raises nothing.';

revoke all on function _has_waitlist_work(timestamptz) from public;
