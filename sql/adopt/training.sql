-- What the history of the unit did to rows, for tables that did not go through it.
-- tables: courses, trainers, trainer_qualifications, venues, personnel, compliance_items, sessions, session_attendees
-- derived: sort_name

-- what: names of people in the order in which lists show them
-- after: our functions
update personnel as p
set sort_name = concat_ws(e'\t', fold_name(p.last_name), fold_name(p.first_name));

-- what: names beside compliance
-- after: our functions
update compliance_items as i
set sort_name = p.sort_name
from personnel as p
where p.id = i.personnel_id;

-- what: sessions that take a trainer or a venue twice are marked accepted_conflict
-- why: From now on two sessions at once are refused; these are there already.
-- you: See whether they take place: select * from sessions where accepted_conflict. One that moves loses its mark.
-- rows: from (select s.start_time,
--       max(s.end_time) over (partition by s.trainer_id order by s.start_time, s.id
--       rows between unbounded preceding and 1 preceding) as trainer_until,
--       max(s.end_time) over (partition by s.venue_id order by s.start_time, s.id
--       rows between unbounded preceding and 1 preceding) as venue_until
--       from sessions as s where s.status::text in ('SCHEDULED', 'COMPLETED') and s.end_time > s.start_time
--       and s.trainer_id is not null and s.venue_id is not null and to_jsonb(s) ->> 'deleted_at' is null
--       ) as s where s.start_time < s.trainer_until or s.start_time < s.venue_until
update sessions as s
set accepted_conflict = true
from (
    select s.id, s.start_time,
        max(s.end_time) over (
            partition by s.trainer_id order by s.start_time, s.id rows between unbounded preceding and 1 preceding
        ) as trainer_until,
        max(s.end_time) over (
            partition by s.venue_id order by s.start_time, s.id rows between unbounded preceding and 1 preceding
        ) as venue_until
    from sessions as s
    where s.status::text in ('SCHEDULED', 'COMPLETED') and s.end_time > s.start_time
        and s.trainer_id is not null and s.venue_id is not null and s.deleted_at is null
) as c
where c.id = s.id and (c.start_time < c.trainer_until or c.start_time < c.venue_until);
