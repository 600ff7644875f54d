drop table calendar_tokens;
drop table session_revisions;
drop table event_counter;
drop table events;
drop table pending_events;
drop table status_changes;
