-- What the playground adds to the demo's school: a week behind, lessons today, and messages that wait to be sent.

do $week$
declare
    v_day integer;
    v_today constant date := (pg_catalog.now() at time zone 'Asia/Kuwait')::date;
    v_message record;
begin
    -- A week ago all was planned; each past day is lived through, reminders and all.
    perform set_config('lifecycle.fake_now', (pg_catalog.now() - interval '8 days')::text, true);
    for v_day in 2..6 loop
        perform from tutoring.create_sessions(
            1 + v_day % 4,
            jsonb_build_array(jsonb_build_object(
                'session_date', v_today - v_day, 'start_time', '16:00', 'end_time', '17:00',
                'topics', jsonb_build_array('Chapter ' || (8 - v_day))
            ))
        );
    end loop;
    for v_day in reverse 6..2 loop
        perform set_config(
            'lifecycle.fake_now', ((v_today - v_day + time '15:05') at time zone 'Asia/Kuwait')::text, true
        );
        perform from lifecycle.tick();
        for v_message in select r.id from tutoring.claim_reminders('whatsapp', 10) as r loop
            perform from tutoring.complete_reminder(v_message.id, 'whatsapp');
        end loop;
        perform set_config(
            'lifecycle.fake_now', ((v_today - v_day + time '16:01') at time zone 'Asia/Kuwait')::text, true
        );
        perform from lifecycle.tick();
        perform set_config(
            'lifecycle.fake_now', ((v_today - v_day + time '17:01') at time zone 'Asia/Kuwait')::text, true
        );
        perform from lifecycle.tick();
    end loop;
    perform tutoring.mark_no_show(s.id)
    from tutoring.sessions as s
    where s.session_date = v_today - 3 and s.status = 'completed';
end
$week$;

-- Today and ahead: one lesson begins within the hour, so that its reminder is due; the rest fill the week.
reset lifecycle.fake_now;
select s.id
from (
    select date_bin('5 minutes', pg_catalog.now() at time zone 'Asia/Kuwait', timestamp '2000-01-01') as at
) as t
cross join (
    values
        (1, interval '45 minutes', interval '60 minutes', '["Quadratic equations"]'),
        (3, interval '3 hours', interval '90 minutes', '["Acids and bases"]'),
        (2, interval '26 hours', interval '60 minutes', '["Momentum"]'),
        (1, interval '50 hours', interval '60 minutes', '["Inequalities"]'),
        (4, interval '74 hours', interval '45 minutes', '["Essay: a first draft"]')
) as l (course, ahead, length, topics)
cross join lateral create_sessions(
    l.course,
    jsonb_build_array(
        jsonb_build_object(
            'session_date', (t.at + l.ahead)::date,
            'start_time', to_char(t.at + l.ahead, 'HH24:MI'),
            'end_time', to_char(t.at + l.ahead + l.length, 'HH24:MI'),
            'timezone', 'Asia/Kuwait',
            'topics', l.topics::jsonb
        )
    )
) as s;
