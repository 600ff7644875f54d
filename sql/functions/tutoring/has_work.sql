-- requires: functions/reminder_lead, functions/_wrong_messages, functions/_has_message_work
-- pg_cron makes a new connection for every tick, and planning is most of what an idle one costs: so what is easy to ask
-- is one query, read already, and the rest is asked only if there are alarms, or messages that are not true any more.
-- The plan knows no time, so that the whole table, or a hash of it, looks as good to it as an index. Whether a rejected
-- reminder could be sent by now is left to due_rows(). Reminders of the hour ahead are taken from its sessions as a
-- set: a look-up for each session would cost five times as much.
create or replace function has_work(p_now timestamptz)
returns boolean
language sql
stable
security invoker
parallel unsafe
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set max_parallel_workers_per_gather = 0
set jit = off
set row_security = off
begin atomic
    -- noqa: disable=RF02,RF03
    select
        exists (select f.id from failed_steps as f)
        or exists (
            select
            from sessions as s
            where s.status = 'scheduled' and s.deleted_at is null and s.starts_at <= p_now
        )
        or exists (
            select
            from sessions as s
            where s.status = 'in_progress' and s.deleted_at is null and s.ends_at <= p_now
        )
        or exists (
            select
            from reminders as r
            where r.state in ('queued', 'claimed')
                and r.for_starts_at <= p_now
                and (r.state = 'queued' or r.lease_until <= clock_timestamp())
        )
        or exists (
            select
            from reminders as r
            where r.state in ('skipped', 'prevented') and r.for_starts_at > p_now
        )
        or exists (
            select s.id, s.starts_at
            from sessions as s
            where s.starts_at > p_now and s.starts_at <= l.until
            except
            select r.session_id, r.for_starts_at
            from reminders as r
            where r.is_reminder and r.for_starts_at > p_now and r.for_starts_at <= l.until
        )
        or case
            when exists (select w.id from _wrong_messages(p_now) as w)
                or exists (
                    select
                    from sessions as s
                    where s.status = 'scheduled'
                        and s.deleted_at is null
                        and s.alarm_at <= p_now
                        and s.starts_at > p_now
                )
                or exists (
                    select
                    from sessions as s
                    where s.starts_at > p_now and s.starts_at <= l.until and s.alarm_at <= p_now
                )
                then _has_message_work(p_now, l.until)
            else false
        end
    from (select p_now + reminder_lead() as until) as l;
end;
-- noqa: enable=RF02,RF03

comment on function has_work(timestamptz) is
'Whether a pass of the clock may have something to do: something is due, a reminder was skipped or prevented and its
session has not started, or a failed step has to be tried again or deleted. p_now: time to judge by. Returns false only
if there is nothing. Raises nothing.';

revoke all on function has_work(timestamptz) from public;
