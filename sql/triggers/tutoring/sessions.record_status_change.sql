-- requires: functions/record_status_change
-- Moves of the clock, which apply_step() records all at once, call nothing. It asks what lifecycle._is_clock() asks, in
-- its words: who writes a session need not have the right to call that.
create or replace trigger zz_500_record_status_change
after update on sessions
for each row
when (
    old.status is distinct from new.status
    and not case
        when
            pg_catalog.current_setting('lifecycle.clock_xact', true)
            = pg_catalog.pg_current_xact_id_if_assigned()::text
            then pg_catalog.currval('lifecycle.clock_mark')
            = pg_catalog.current_setting('lifecycle.clock_xact')::bigint * 10000 + pg_catalog.pg_trigger_depth()
        else false
    end
)
execute function record_status_change('tutoring.session');

comment on trigger zz_500_record_status_change on sessions is
'Every change of the status that the clock did not make is recorded in status_changes.';
