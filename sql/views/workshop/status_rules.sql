-- Runs follow their sessions: what the sessions' seats make of a run has cause seats, no matter who moved the
-- sessions, so
-- that a person cannot write such a status by hand. A search for a move reads as far as that move, so those
-- that are looked for most stand first; moves of sessions by their seats are never looked for.
create or replace view status_rules
with (security_invoker = true)
as
select
    r.machine,
    r.from_status,
    r.to_status,
    c.cause
from (
    values
        ('workshop.order', 'pending', 'paid', array['person']),
        ('workshop.order', 'pending', 'cancelled', array['person']),
        ('workshop.order', 'paid', 'cancelled', array['person']),
        ('workshop.order', 'paid', 'refunded', array['person']),
        ('workshop.enrollment', 'pending', 'successful', array['person']),
        ('workshop.enrollment', 'pending', 'cancelled', array['clock', 'person']),
        ('workshop.enrollment', 'successful', 'cancelled', array['person']),
        ('workshop.enrollment', 'cancelled', 'successful', array['person']),
        ('workshop.enrollment', 'cancelled', 'pending', array['person']),
        ('workshop.enrollment', 'pending', 'rejected', array['person']),
        ('workshop.enrollment', 'successful', 'rejected', array['person']),
        ('workshop.enrollment', 'rejected', 'successful', array['person']),
        ('workshop.enrollment', 'rejected', 'pending', array['person']),
        ('workshop.enrollment', 'rejected', 'cancelled', array['person']),
        ('workshop.session', 'upcoming', 'completed', array['clock', 'person']),
        ('workshop.session', 'active', 'completed', array['clock', 'person']),
        ('workshop.session', 'full', 'completed', array['clock', 'person']),
        ('workshop.session', 'upcoming', 'cancelled', array['person']),
        ('workshop.session', 'active', 'cancelled', array['person']),
        ('workshop.session', 'full', 'cancelled', array['person']),
        ('workshop.session', 'cancelled', 'upcoming', array['person']),
        ('workshop.session', 'completed', 'upcoming', array['person']),
        ('workshop.session', 'upcoming', 'active', array['seats']),
        ('workshop.session', 'upcoming', 'full', array['seats']),
        ('workshop.session', 'active', 'full', array['seats']),
        ('workshop.session', 'active', 'upcoming', array['seats']),
        ('workshop.session', 'full', 'active', array['seats']),
        ('workshop.session', 'full', 'upcoming', array['seats']),
        ('workshop.run', 'upcoming', 'active', array['seats']),
        ('workshop.run', 'upcoming', 'full', array['seats']),
        ('workshop.run', 'active', 'full', array['seats']),
        ('workshop.run', 'active', 'upcoming', array['seats']),
        ('workshop.run', 'full', 'active', array['seats']),
        ('workshop.run', 'full', 'upcoming', array['seats']),
        ('workshop.run', 'completed', 'upcoming', array['seats']),
        ('workshop.run', 'completed', 'active', array['seats']),
        ('workshop.run', 'completed', 'full', array['seats']),
        ('workshop.run', 'cancelled', 'upcoming', array['seats']),
        ('workshop.run', 'cancelled', 'active', array['seats']),
        ('workshop.run', 'cancelled', 'full', array['seats']),
        ('workshop.run', 'upcoming', 'completed', array['clock', 'person']),
        ('workshop.run', 'active', 'completed', array['clock', 'person']),
        ('workshop.run', 'full', 'completed', array['clock', 'person']),
        ('workshop.run', 'cancelled', 'completed', array['clock', 'person']),
        ('workshop.run', 'upcoming', 'cancelled', array['person']),
        ('workshop.run', 'active', 'cancelled', array['person']),
        ('workshop.run', 'full', 'cancelled', array['person']),
        ('workshop.run', 'completed', 'cancelled', array['person']),
        ('workshop.waitlist', 'waiting', 'offered', array['seats']),
        ('workshop.waitlist', 'waiting', 'left', array['person']),
        ('workshop.waitlist', 'waiting', 'closed', array['clock', 'person']),
        ('workshop.waitlist', 'closed', 'waiting', array['person']),
        ('workshop.waitlist', 'offered', 'redeemed', array['person']),
        ('workshop.waitlist', 'offered', 'expired', array['clock', 'person']),
        ('workshop.waitlist', 'offered', 'left', array['person']),
        ('workshop.waitlist', 'offered', 'closed', array['person'])
) as r (machine, from_status, to_status, causes)
cross join lateral unnest(r.causes) as c (cause);

comment on view status_rules is
'Every allowed change of every status of this unit, one row for each cause. Other changes are refused.';
comment on column status_rules.machine is 'Which status: unit and subject, such as workshop.session.';
comment on column status_rules.from_status is 'Status before the move.';
comment on column status_rules.to_status is 'Status after the move.';
comment on column status_rules.cause is
'Who may make the move: person (a caller), seats (the seat counters), clock (the tick).';

revoke all on table status_rules from public;
grant select on table status_rules to sessionbook_app, sessionbook_reader;
