-- Training: a week of a department
-- Forty people, four courses, five trainers, three venues. The clock is moved through last week, in Kuwait.

-- step: Monday 08:00, a draft needs a course and nothing else
select demo.now_is('Mon 08:00');
select course_id, trainer_id, venue_id, start_time, status
from create_draft('course_heights', p_created_by_id => 'frank');

-- step: Who may teach it, and how much they are booked already
select trainer_id, type, sessions, label from list_trainers('course_heights', 'Asia/Kuwait');

-- step: Is Smith free on Tuesday, and the classroom? A draft that thinks of it too is not in the way
select a.trainer_available, a.venue_available, c.resource, c.course_title, c.status, c.start_time
from availability_check(demo.at('Tue 10:00'), demo.at('Tue 16:00'), 'c_john_smith', 'c_classroom') a,
    jsonb_to_recordset(a.conflicts || a.soft_conflicts)
        as c (resource text, course_title text, status text, start_time timestamptz);

-- step: Published all the same it is refused, and told which session is in the way
-- refused: PT409 trainer_busy
select * from schedule_session(
    demo.session(), 'c_john_smith', 'c_classroom', demo.at('Tue 10:00'), demo.at('Tue 16:00'));

-- step: Dubois is free, and may not teach it
-- refused: PT400 trainer_not_qualified
select * from schedule_session(
    demo.session(), 'c_claire_dubois', 'c_classroom', demo.at('Tue 10:00'), demo.at('Tue 16:00'));

-- step: Menon on Wednesday: now it is in the calendar, and the hours are nobody else's
select trainer_id, venue_id, start_time, end_time, status from schedule_session(
    demo.session(), 'c_rakesh_menon', 'c_classroom', demo.at('Wed 10:00'), demo.at('Wed 16:00'));

-- step: Everybody's week: a help to choose, it blocks nothing
select trainer_id, sessions, hours, label
from trainer_load(p_timezone => 'Asia/Kuwait') order by hours desc, last_name;

-- step: Whom to invite: those who lack it, are about to have it, will lose it soon, then everyone else
select suggestion_group as "group", status, count(*) as people, min(expiry_date) as soonest_expiry,
    array_to_string((array_agg(last_name order by place))[:4], ', ') || ' …' as among_them
from attendee_suggestions(demo.session()) with ordinality
    as s (personnel_id, first_name, last_name, suggestion_group, status, expiry_date, place)
group by suggestion_group, status order by suggestion_group, status;

-- step: Anyone is found by name, accents and case aside
select personnel_id, first_name, last_name, suggestion_group as "group", status
from attendee_suggestions(demo.session(), 'lopez');

-- step: The first 25 of them, in a room for 20: a warning, and no refusal
select added, attendee_count, venue_capacity, capacity_exceeded, warning
from add_attendees(demo.session(),
    array(select personnel_id from attendee_suggestions(demo.session(), p_limit => 25)));

-- step: What needs a person
select alert, course_title, status, start_time, since, details ->> 'attendee_count' as people
from session_alerts order by start_time, alert;

-- step: To the hall then: what is in the calendar is changed under the same checks
select trainer_id, venue_id, start_time, status
from update_session(demo.session(), '{"venue_id": "c_main_hall"}');

-- step: Wednesday 16:00, it is over; but attendance completes a session, not time
-- refused: PT409 attendance_unmarked
select demo.now_is('Wed 16:00');
select * from complete_session(demo.session());

-- step: 22 came, three did not
select marked, registered, attended, no_show
from mark_attendance(demo.session(), (
    select jsonb_agg(jsonb_build_object('personnel_id', personnel_id,
        'status', case when place > 3 then 'ATTENDED' else 'NO_SHOW' end,
        'remarks', case when place = 4 then 'left early' end))
    from (select personnel_id, row_number() over (order by personnel_id) as place
        from session_roster where session_id = demo.session()) as l));

-- step: Completed: who came is compliant for the course's 24 months, who did not is as before
select id from complete_session(demo.session());
select r.status as attendance, i.status as compliance, i.expiry_date, count(*) as people
from session_roster r
join compliance_items i on i.personnel_id = r.personnel_id and i.course_id = r.course_id
where r.session_id = demo.session() group by r.status, i.status, i.expiry_date order by r.status;

-- step: Back to the present: the clock ticks, and what expired on Wednesday lapses
reset lifecycle.fake_now;
call lifecycle.run_tick();
select p.first_name, p.last_name, c.title, i.expiry_date, i.status
from compliance_items i join personnel p on p.id = i.personnel_id join courses c on c.id = i.course_id
where c.id = 'course_confined' order by p.last_name;

-- step: What was left undone needs a person now
select alert, course_title, status, start_time, since, details ->> 'attendee_count' as people
from session_alerts order by start_time, alert;

-- step: And does the clock itself go? One row for every unit, to alert on
select healthy, reason, seconds_since_tick, sessions_overdue, reminders_waiting from lifecycle.health;
