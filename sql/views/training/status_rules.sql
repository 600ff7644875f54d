create or replace view status_rules
with (security_invoker = true)
as
select
    r.machine,
    r.from_status,
    r.to_status,
    r.cause
from (
    values
        ('training.session', 'DRAFT', 'SCHEDULED', 'person'),
        ('training.session', 'SCHEDULED', 'COMPLETED', 'person'),
        ('training.session', 'DRAFT', 'CANCELLED', 'person'),
        ('training.session', 'SCHEDULED', 'CANCELLED', 'person')
) as r (machine, from_status, to_status, cause);

comment on view status_rules is
'Every allowed change of every status of this unit, one row for each cause. Other changes are refused.';
comment on column status_rules.machine is 'Which status: unit and subject, such as training.session.';
comment on column status_rules.from_status is 'Status before the move.';
comment on column status_rules.to_status is 'Status after the move.';
comment on column status_rules.cause is 'Who may make the move; in training a person only.';

revoke all on table status_rules from public;
grant select on table status_rules to sessionbook_app, sessionbook_reader;
