-- Reminders of the installation in {schema} that wait, and those given up of late: their session may still be ahead.
-- No recipient and no message: they are personal, and not for the reader.
with waiting as (
    select q.id
    from {schema}.reminders as q
    where q.state in ('queued', 'claimed')
    order by q.for_starts_at, q.id
    limit %(limit)s
),

lost as (
    select f.id
    from {schema}.reminders as f
    where f.state = 'failed' and f.settled_at > %(now)s::timestamptz - interval '1 day'
        and f.for_starts_at > %(now)s::timestamptz
    order by f.settled_at desc, f.id
    limit %(limit)s
)

select
    r.id, r.session_id, r.kind, r.state, r.due_at, r.for_starts_at, r.attempts, r.next_attempt_at, r.worker,
    r.lease_until, r.last_error
from {schema}.reminders as r
where r.id in (select w.id from waiting as w union all select l.id from lost as l)
order by r.for_starts_at, r.id
limit %(limit)s
