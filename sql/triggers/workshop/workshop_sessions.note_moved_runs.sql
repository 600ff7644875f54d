-- requires: functions/note_moved_runs
-- Not for statements that only move seats: derive_session_status() does it then, off the path of a seat.
create or replace trigger _690_note_moved_runs
after update of status, is_completed, run_id, session_date, end_date, session_dates on workshop_sessions
for each row
when (
    (old.status, old.run_id, old.session_date, old.end_date, old.session_dates)
    is distinct from (new.status, new.run_id, new.session_date, new.end_date, new.session_dates)
    and pg_catalog.current_setting('lifecycle.cause', true) is distinct from 'clock'
)
execute function note_moved_runs();

comment on trigger _690_note_moved_runs on workshop_sessions is
'Runs that will follow at the end of the transaction are known before the first of them does.';
