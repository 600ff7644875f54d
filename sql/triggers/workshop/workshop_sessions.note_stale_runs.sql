-- requires: functions/note_stale_runs
create or replace trigger zz_700_note_stale_runs
after update of run_id, session_date, end_date, session_dates on workshop_sessions
for each row
when (
    (old.run_id, old.session_date, old.end_date, old.session_dates)
    is distinct from (new.run_id, new.session_date, new.end_date, new.session_dates)
)
execute function note_stale_runs();

comment on trigger zz_700_note_stale_runs on workshop_sessions is
'Runs follow sessions that change their days or their run.';
