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
        ('tutoring.session', 'scheduled', 'in_progress', array['clock', 'person']),
        ('tutoring.session', 'in_progress', 'completed', array['clock', 'person']),
        ('tutoring.session', 'scheduled', 'cancelled', array['person']),
        ('tutoring.session', 'in_progress', 'cancelled', array['person']),
        ('tutoring.session', 'cancelled', 'scheduled', array['person']),
        ('tutoring.session', 'in_progress', 'scheduled', array['person']),
        ('tutoring.session', 'completed', 'scheduled', array['person']),
        ('tutoring.session', 'scheduled', 'no_show', array['person']),
        ('tutoring.session', 'in_progress', 'no_show', array['person']),
        ('tutoring.session', 'completed', 'no_show', array['person']),
        ('tutoring.session', 'no_show', 'scheduled', array['person']),
        ('tutoring.session', 'no_show', 'in_progress', array['person']),
        ('tutoring.session', 'no_show', 'completed', array['person'])
) as r (machine, from_status, to_status, causes)
cross join lateral unnest(r.causes) as c (cause);

comment on view status_rules is
'Every allowed change of every status of this unit, one row for each cause. Other changes are refused.';
comment on column status_rules.machine is 'Which status: unit and subject, such as tutoring.session.';
comment on column status_rules.from_status is 'Status before the move.';
comment on column status_rules.to_status is 'Status after the move.';
comment on column status_rules.cause is 'Who may make the move: person (a caller), clock (the tick).';

revoke all on table status_rules from public;
grant select on table status_rules to sessionbook_app, sessionbook_reader;
