-- requires: functions/note_listed_runs
create or replace trigger zz_700_note_inserted_sessions
after insert on workshop_sessions
referencing new table as listed
for each statement
execute function note_listed_runs();

comment on trigger zz_700_note_inserted_sessions on workshop_sessions is
'Runs that gained sessions follow them.';
