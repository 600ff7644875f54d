-- requires: functions/note_listed_runs
create or replace trigger zz_700_note_deleted_sessions
after delete on workshop_sessions
referencing old table as listed
for each statement
execute function note_listed_runs();

comment on trigger zz_700_note_deleted_sessions on workshop_sessions is
'Runs that lost sessions follow the rest.';
