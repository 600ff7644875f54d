-- requires: functions/follow_listed_sessions
create or replace trigger _700_follow_deleted_sessions
after delete on workshop_sessions
referencing old table as listed
for each statement
execute function follow_listed_sessions();

comment on trigger _700_follow_deleted_sessions on workshop_sessions is
'Runs that lost sessions follow the rest.';
