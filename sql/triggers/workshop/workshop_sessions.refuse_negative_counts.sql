-- requires: functions/refuse_negative_counts
-- Not a check: PostgreSQL would parse its text again for every booking. derive_session_status() looks at the counter
-- itself.
create or replace trigger zz_080_refuse_negative_counts
before insert or update of max_attendees, min_attendees, waiting_count on workshop_sessions
for each row
when (least(new.max_attendees, new.min_attendees, new.waiting_count) < 0)
execute function refuse_negative_counts();

-- Also for rows that come by replication.
alter table workshop_sessions enable always trigger zz_080_refuse_negative_counts;

comment on trigger zz_080_refuse_negative_counts on workshop_sessions is
'Numbers of seats and people are not negative.';
