-- What an operator may set: retentions, limits of health, pace of the clock.
-- depends: 0002_clocks
--
-- Why:      how long history is kept, and when lateness is worth an alarm, differ from one business to the next.
-- Locks:    none on existing objects.
-- Data:     the defaults are inserted.
-- Rollback: 0003_settings.rollback.sql drops the table with what was set in it.
create table settings (
    key text not null,
    kind text not null,
    value text not null,
    comment text not null,
    constraint settings_pkey primary key (key),
    constraint settings_kind_check check (kind in ('interval', 'integer', 'boolean'))
);
comment on table settings is
'Settings of the clock. An operator changes them by update of value; setting_interval(), setting_integer() and
setting_boolean() read them.';
comment on column settings.key is 'Name.';
comment on column settings.kind is
'What the value is: interval (above zero, or forever), integer (above zero) or boolean.';
comment on column settings.value is 'Value as text, such as 14 days; checked against kind when it is written.';
comment on column settings.comment is 'What it is for.';

insert into settings (key, kind, value, comment) values
('tick_every', 'interval', '1 minute', 'Pace of the job sessionbook:tick; below a minute it needs pg_cron 1.5.'),
('tick_late_after', 'interval', '3 minutes', 'Health: how old the last completed tick may be.'),
('overdue_after', 'interval', '5 minutes', 'Health: how long a session may be due without having moved.'),
('reminder_late_after', 'interval', '10 minutes', 'Health: how long a reminder that is due may wait for a courier.'),
('max_attempts', 'integer', '5', 'Attempts after which a failed step is given up.'),
('keep_ticks', 'interval', '14 days', 'How long rows of lifecycle.ticks are kept.'),
('keep_history', 'interval', '2 years', 'How long status changes are kept; forever: never deleted.'),
('keep_events', 'interval', '30 days', 'How long events are kept for those who read them; forever: never deleted.'),
('notify_events', 'boolean', 'off', 'Whether ticks and readers that number events notify sessionbook_events.'),
('keep_reminders', 'interval', '90 days', 'How long finished reminders are kept; they hold phone numbers.'),
('keep_run_details', 'interval', '7 days', 'How long pg_cron''s records of runs of these jobs are kept.');

revoke all on settings from public;

comment on column ticks.failed is 'Steps and rows that failed, over all schemas.';
comment on column ticks.error is
'SQLSTATE and message of the first schema whose pass failed, how many rows failed, or that the run was cut off.';
