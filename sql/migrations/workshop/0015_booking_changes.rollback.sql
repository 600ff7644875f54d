drop table session_moves;
drop table booking_changes;
