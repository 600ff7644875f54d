-- requires: functions/reminder_lead
-- A step that will be tried again finds out by itself that it is no longer due; nobody asks for one that was given up.
-- It failed while it was due, so a session that is due later than that has moved since, and its new time is a step of
-- its own.
-- Locks: rows of failed_steps, passing over those that somebody tries again just now.
create or replace function resolve_given_up(p_now timestamptz)
returns void
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_lead interval;
    v_ids bigint[];
begin
    v_lead := reminder_lead();
    v_ids := array(
        select f.id
        from failed_steps as f
        where f.resolved_at is null
            and f.next_try_at is null
            and not exists (
                select
                from sessions as s
                where s.id = f.subject_id
                    and case f.step
                        when 'start_sessions'
                            then s.status = 'scheduled' and s.deleted_at is null and s.starts_at <= f.failed_at
                        when 'complete_sessions'
                            then s.status = 'in_progress' and s.deleted_at is null and s.ends_at <= f.failed_at
                        when 'queue_reminders'
                            then s.starts_at > p_now and s.starts_at - v_lead <= f.failed_at
                        when 'queue_alarms'
                            then s.starts_at > p_now and s.alarm_at <= f.failed_at
                        when 'requeue_reminders'
                            then s.starts_at > p_now
                        else exists (
                            select
                            from reminders as r
                            where r.session_id = s.id
                                and r.state in ('queued', 'claimed')
                                and r.for_starts_at <= f.failed_at
                        )
                    end
            )
        order by f.id
        for no key update skip locked
    );
    update failed_steps as f
    set resolved_at = p_now
    where f.id = any(v_ids);
end
$function$;

comment on function resolve_given_up(timestamptz) is
'Resolves failed steps that were given up and are no longer due, because their session moved, was cancelled or is gone.
p_now: time to judge by. Returns nothing. Raises nothing.';

revoke all on function resolve_given_up(timestamptz) from public;
