-- Tutoring: a day of lessons
-- Two tutors, four students, one of them without a number. The clock is moved through yesterday, in Kuwait.

-- step: 08:00, the day's plan
select demo.go_to('08:00');
select session_id, start_time, end_time, course_name, student_name, tutor_name, status
from upcoming_sessions order by starts_at limit 4;

-- step: 09:30, an hour before a lesson its reminder is queued; without a number it is skipped, and says why
select demo.go_to('09:30');
select * from lifecycle.tick();
select r.session_id, r.kind, r.due_at, r.for_starts_at, r.state, r.reason, r.attempts
from reminders r order by r.session_id;

-- step: A courier claims what is due, sends it (this one prints) and says so
select c.recipient, c.message ->> 'student' as student, c.message ->> 'course' as course,
    left(c.message ->> 'start_time', 5) as start_time
from claim_reminders('courier-1') as c, complete_reminder(c.id, 'courier-1');

-- step: Asked again, it gets nothing: none is sent twice
select count(*) from claim_reminders('courier-2');

-- step: 10:40, two lessons are on: all running workflows, and what each does next
select demo.go_to('10:40');
select * from lifecycle.tick();
select w.session_id as id, c.course_name, w.status, w.next_step, w.next_step_at,
    w.reminder_state as reminder, w.reminder_reason as reason
from session_workflows w join enrolled_courses c on c.id = w.enrolled_courses_id
order by w.starts_at;

-- step: 11:10, Algebra is over, and Bader is reminded of Chemistry
select demo.go_to('11:10');
select * from lifecycle.tick();
select c.recipient, c.message ->> 'student' as student, c.message ->> 'course' as course,
    left(c.message ->> 'start_time', 5) as start_time
from claim_reminders('courier-1') as c, complete_reminder(c.id, 'courier-1');

-- step: 11:20, Bader cannot make it: the lesson moves to three o'clock, and nothing needs cancelling
select demo.go_to('11:20');
select id, session_date, start_time, end_time, status
from reschedule_session(3, (select session_date from sessions where id = 3), '15:00', '16:00');

-- step: 11:21, his message said noon, so he gets one that says three o'clock
select demo.go_to('11:21');
select * from lifecycle.tick();
select c.kind, c.recipient, c.message ->> 'student' as student, c.message ->> 'course' as course,
    left(c.message ->> 'start_time', 5) as start_time
from claim_reminders('courier-1') as c, complete_reminder(c.id, 'courier-1');

-- step: 12:10, no answer from WhatsApp: the courier says so, and learns when to try again
select demo.go_to('12:10');
select * from lifecycle.tick();
select c.message ->> 'student' as student, c.attempts,
    fail_reminder(c.id, 'courier-1', 'no answer in time') as next_attempt_at
from claim_reminders('courier-1') as c;

-- step: 12:11, the second attempt
select demo.go_to('12:11');
select c.recipient, c.message ->> 'student' as student, c.message ->> 'course' as course,
    left(c.message ->> 'start_time', 5) as start_time
from claim_reminders('courier-1') as c, complete_reminder(c.id, 'courier-1');

-- step: 13:20, English began at one, and nobody came
select demo.go_to('13:20');
select * from lifecycle.tick();
select id, start_time, status from mark_no_show(4);

-- step: 14:05, the lesson that moved: noon's reminder was sent, the new time gets one of its own
select demo.go_to('14:05');
select * from lifecycle.tick();
select r.session_id, r.kind, r.due_at, r.for_starts_at, r.state, r.reason, r.attempts
from reminders r where r.session_id = 3 order by r.id;

-- step: Which goes out too
select c.recipient, c.message ->> 'student' as student, c.message ->> 'course' as course,
    left(c.message ->> 'start_time', 5) as start_time
from claim_reminders('courier-1') as c, complete_reminder(c.id, 'courier-1');

-- step: 17:00, one tick catches up with all that was due since
select demo.go_to('17:00');
select * from lifecycle.tick();
select s.id, c.course_name, s.start_time, s.status
from sessions s join enrolled_courses c on c.id = s.enrolled_courses_id
where s.starts_at < lifecycle.now() order by s.id;

-- step: The log of the lesson that moved, and of whatever was not done
select l.logged_at, l.session_id, l.step, l.outcome, l.detail, l.attempts, l.cause
from workflow_log l where l.session_id = 3 or l.outcome <> 'done' order by l.logged_at, l.step desc;

-- step: Back to the present: a weekly lesson is made for its dates, 17:00 in London whatever the season
reset lifecycle.fake_now;
select g.session_date, g.start_time, g.timezone, g.starts_at from generate_recurring_sessions(5) as g;

-- step: What runs now, and what comes next
select w.session_id as id, c.course_name, w.status, w.next_step, w.next_step_at,
    w.reminder_state as reminder, w.reminder_reason as reason
from session_workflows w join enrolled_courses c on c.id = w.enrolled_courses_id
order by w.starts_at;
