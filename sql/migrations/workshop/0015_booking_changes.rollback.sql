drop table booking_changes;
