-- Every session has a run of its own workshop, and keeps having one.
-- depends: 0002_session_tracking
--
-- Why:      sessions without a run, with a run of another workshop or with one that does not exist broke orders.
-- Locks:    access exclusive on workshop_sessions and order_items, share row exclusive on workshop_runs, for the length
--           of the transaction. Sessions are written only if the run is wrong.
-- Data:     sessions without a run of their own workshop are gathered under one default run a workshop. Order items
--           take the run of their session if theirs is of another workshop, else none. Nothing is deleted.
-- Rollback: 0003_fix_run_id_foreign_keys.rollback.sql takes the constraints away; repaired links stay repaired.
alter table workshop_runs add column is_default boolean not null default false;
comment on column workshop_runs.is_default is
'True: gathers the sessions that were given no run; at most one a workshop.';

-- Dropped before the repair: its checks would still be pending when the tables are altered below.
alter table workshop_sessions drop constraint if exists workshop_sessions_run_id_fkey;
alter table order_items drop constraint order_items_run_id_fkey;

-- A default run may be there already, from this repair done by hand.
with first_default as (
    select distinct on (r.workshop_id) r.id
    from workshop_runs as r
    where r.run_name like 'Default Run -%'
    order by r.workshop_id, r.created_at, r.id
)
update workshop_runs as r
set is_default = true
from first_default as f
where f.id = r.id;

create unique index workshop_runs_default_key on workshop_runs (workshop_id) where is_default;

insert into workshop_runs (workshop_id, run_name, run_name_ar, start_date, end_date, status, is_default)
select
    w.id,
    left('Default Run - ' || w.name, 255),
    left('الدورة الافتراضية - ' || coalesce(w.title_ar, w.name), 255),
    min(s.session_date),
    max(greatest(s.session_date, s.end_date)),
    'upcoming',
    true
from workshop_sessions as s
inner join workshops as w on s.workshop_id = w.id
left join workshop_runs as r on s.run_id = r.id and s.workshop_id = r.workshop_id
where r.id is null
group by w.id, w.name, w.title_ar
on conflict (workshop_id) where is_default do nothing;

update workshop_sessions as s
set run_id = d.id
from workshop_runs as d
where d.workshop_id = s.workshop_id
    and d.is_default
    and not exists (
        select
        from workshop_runs as r
        where r.id = s.run_id and r.workshop_id = s.workshop_id
    );

update order_items as i
set run_id = (
    select s.run_id
    from workshop_sessions as s
    where s.id = i.session_id and s.workshop_id = i.workshop_id
)
where i.run_id is not null
    and not exists (
        select
        from workshop_runs as r
        where r.id = i.run_id and r.workshop_id = i.workshop_id
    );

alter table workshop_runs add constraint workshop_runs_id_workshop_id_key unique (id, workshop_id);

drop index workshop_sessions_run_id_idx;
create index workshop_sessions_run_id_workshop_id_idx on workshop_sessions (run_id, workshop_id);
alter table workshop_sessions
add constraint workshop_sessions_run_id_workshop_id_fkey
foreign key (run_id, workshop_id) references workshop_runs (id, workshop_id) on delete set null (run_id);

drop index order_items_run_id_idx;
create index order_items_run_id_workshop_id_idx on order_items (run_id, workshop_id);
alter table order_items
add constraint order_items_run_id_workshop_id_fkey
foreign key (run_id, workshop_id) references workshop_runs (id, workshop_id) on delete set null (run_id);
