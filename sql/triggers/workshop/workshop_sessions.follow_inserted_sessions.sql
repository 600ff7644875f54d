-- requires: functions/follow_listed_sessions
create or replace trigger _700_follow_inserted_sessions
after insert on workshop_sessions
referencing new table as listed
for each statement
execute function follow_listed_sessions();

comment on trigger _700_follow_inserted_sessions on workshop_sessions is
'Runs that gained sessions follow them.';
