-- requires: functions/_due_corrections
-- Separate from has_work(), so that it is planned only if it is called.
create or replace function _has_message_work(p_now timestamptz, p_until timestamptz)
returns boolean
language sql
stable
security invoker
parallel unsafe
set search_path from current
begin atomic
    -- noqa: disable=RF02,RF03
    select
        exists (select c.session_id from _due_corrections(p_now) as c)
        or exists (
            select
            from sessions as s
            where s.status = 'scheduled'
                and s.deleted_at is null
                and s.alarm_at <= p_now
                and s.starts_at > p_now
                and (
                    select r.id
                    from reminders as r
                    where r.session_id = s.id and r.kind = 'alarm' and r.for_starts_at = s.starts_at
                ) is null
        )
        or exists (
            select
            from sessions as s
            where s.starts_at > p_now
                and s.starts_at <= p_until
                and s.alarm_at <= p_now
                and (
                    select r.id
                    from reminders as r
                    where r.session_id = s.id and r.kind = 'alarm' and r.for_starts_at = s.starts_at
                ) is null
        );
end;
-- noqa: enable=RF02,RF03

comment on function _has_message_work(timestamptz, timestamptz) is
'Whether what was told is not true any more, or an alarm is to be queued. p_now: time to judge by; p_until: how far
ahead reminders are queued. Returns boolean. Raises nothing.';

revoke all on function _has_message_work(timestamptz, timestamptz) from public;
