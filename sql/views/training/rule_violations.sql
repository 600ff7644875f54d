create or replace view rule_violations
with (security_invoker = true)
as
select
    b.rule,
    b.machine,
    b.from_value,
    b.to_value,
    b.changed_by,
    count(*) as times,
    min(b.noted_at) as first_noted_at,
    max(b.noted_at) as last_noted_at,
    format(
        'a statement that %s %s: %s',
        case when b.rule = 'has_bookings' then 'deletes' when b.from_value is null then 'inserts' else 'updates' end,
        b.machine,
        concat_ws(' becomes ', b.from_value, coalesce(b.to_value, 'null'))
    ) as look_for
from broken_rules as b
group by b.rule, b.machine, b.from_value, b.to_value, b.changed_by;

comment on view rule_violations is
'What would be refused if settings.rules were enforce instead of observe, with counts. Once no new rows appear, you can
switch.';
comment on column rule_violations.rule is 'Key of the error that it would be, such as illegal_transition.';
comment on column rule_violations.machine is 'What it is a rule of.';
comment on column rule_violations.from_value is 'What was there before; null: nothing.';
comment on column rule_violations.to_value is 'What was written; null: nothing.';
comment on column rule_violations.changed_by is 'Role that wrote it.';
comment on column rule_violations.times is 'How often.';
comment on column rule_violations.first_noted_at is 'When first, as far as history is kept.';
comment on column rule_violations.last_noted_at is 'When last.';
comment on column rule_violations.look_for is 'What to look for in the application.';

revoke all on table rule_violations from public;
grant select on table rule_violations to sessionbook_app, sessionbook_reader;
