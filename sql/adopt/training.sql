-- What the history of the unit did to rows, for tables that did not go through it: rules as in rules.sql. A migration
-- that is named does its statements on rows again, those of them that have the word behind its name.
-- tables: courses, trainers, trainer_qualifications, venues, personnel, compliance_items, sessions, session_attendees

-- sql 3
-- migration: 0003_training_picker sort_name
select;

-- change 3: sessions that take a trainer or a venue twice are marked accepted_conflict ({rows} rows)
-- why: From now on two sessions at once are refused; these exist already.
-- you: Check them: select * from sessions where accepted_conflict. A session that moves loses its mark.
-- do: update sessions set accepted_conflict = true where id in ([{id}])
select quote_literal(s.id) as id, count(*) over () as rows
from (
    select s.id, s.start_time, max(s.end_time) over (
        partition by s.trainer_id order by s.start_time, s.id rows between unbounded preceding and 1 preceding
    ) as trainer_until, max(s.end_time) over (
        partition by s.venue_id order by s.start_time, s.id rows between unbounded preceding and 1 preceding
    ) as venue_until
    -- Which is null if the table has no such column.
    from (values (null::timestamptz)) as d (deleted_at)
    cross join lateral (select x.*, deleted_at is null as stands from theirs.sessions as x) as s -- noqa: RF03
    where s.status::text in ('SCHEDULED', 'COMPLETED') and s.end_time > s.start_time
        and s.trainer_id is not null and s.venue_id is not null and s.stands
) as s
where s.start_time < s.trainer_until or s.start_time < s.venue_until;
