alter table order_items
drop constraint order_items_run_id_workshop_id_fkey,
add constraint order_items_run_id_fkey foreign key (run_id) references workshop_runs (id) on delete set null;
drop index order_items_run_id_workshop_id_idx;
create index order_items_run_id_idx on order_items (run_id);

alter table workshop_sessions drop constraint workshop_sessions_run_id_workshop_id_fkey;
drop index workshop_sessions_run_id_workshop_id_idx;
create index workshop_sessions_run_id_idx on workshop_sessions (run_id);

alter table workshop_runs
drop constraint workshop_runs_id_workshop_id_key,
drop column is_default;
