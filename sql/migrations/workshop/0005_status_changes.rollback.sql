drop table event_counter;
drop table events;
drop table pending_events;
drop table status_changes;
