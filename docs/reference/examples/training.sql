insert into courses (id, title, validity_months) values ('cworkingatheight1', 'Working at height', 12);
insert into trainers (id, first_name, last_name) values
('ctrainerjohn1', 'John', 'Smith'), ('ctrainermona1', 'Mona', 'Said');
insert into trainer_qualifications (trainer_id, course_id)
select t.id, 'cworkingatheight1' from trainers as t;
insert into venues (id, name, capacity) values ('cvenueroom1', 'Room 1', 2);
insert into personnel (id, first_name, last_name) values
('cpersonnoor1', 'Noor', 'Haddad'), ('cpersonomar1', 'Omar', 'Saleh'), ('cpersonlina1', 'Lina', 'Aziz');

select trainer_id, venue_id, start_time, end_time
from free_slots('cworkingatheight1', '3 hours', '2027-01-04 08:00+00', '2027-01-08 18:00+00');

select trainer_available, venue_available, conflicts
from availability_check('2027-01-04 09:00+00', '2027-01-04 12:00+00', 'ctrainerjohn1', 'cvenueroom1');

select id, status from create_draft('cworkingatheight1', 'frank');

select start_time, end_time
from update_session(
    (select id from sessions), '{"start_time": "2027-01-04T09:00:00Z", "end_time": "2027-01-04T12:00:00Z"}'
);

select status from schedule_session((select id from sessions), 'ctrainerjohn1', 'cvenueroom1');

select personnel_id, first_name, suggestion_group from attendee_suggestions((select id from sessions), p_search => 'noor');

-- The room is too small: a warning, and no refusal.
select added, attendee_count, warning
from add_attendees((select id from sessions), '{cpersonnoor1, cpersonomar1, cpersonlina1}');

select removed, attendee_count from remove_attendees((select id from sessions), '{cpersonlina1}');

select trainer_id from substitute_trainer((select id from sessions), 'ctrainermona1', 'John is ill');

select trainer_id, hours, label from trainer_load('2027-01-04');

select trainer_id, label from list_trainers('cworkingatheight1');

-- now: 2027-01-04 12:30+00
select marked, attended, no_show
from mark_attendance(
    (select id from sessions),
    '[{"personnel_id": "cpersonnoor1", "status": "ATTENDED"}, {"personnel_id": "cpersonomar1", "status": "NO_SHOW"}]'
);

-- Noor is compliant until a year from now.
select status from complete_session((select id from sessions));

select position, kind, subject_id from read_events(p_after => 0);

select calendar_feed('trainer', 'ctrainermona1');
