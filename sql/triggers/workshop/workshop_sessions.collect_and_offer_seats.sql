-- requires: functions/collect_and_offer_seats
-- Before the status follows the seats. The condition stands on the path of every seat, so it is short.
create or replace trigger zz_090_collect_and_offer_seats
before insert or update of current_attendees, max_attendees on workshop_sessions
for each row
when (new.waiting_count > 0 or new.max_attendees > 0 and new.current_attendees > new.max_attendees)
execute function collect_and_offer_seats();

comment on trigger zz_090_collect_and_offer_seats on workshop_sessions is
'More attendees than seats are refused; seats that are free are offered to those who wait.';
