-- People wait for whole runs.
-- depends: 0015_booking_changes
--
-- Why:      who wants a whole run could not wait for it: an offer has to hold a seat in each of its sessions.
-- Locks:    access exclusive on waitlist_entries for the length of the transaction: nothing is rewritten, but the check
--           and the indexes read it. Share row exclusive on workshop_runs, for the foreign key.
-- Data:     none.
-- Rollback: 0016_run_waiting_lists.rollback.sql deletes who waits for a run.
alter table waitlist_entries
alter column session_id drop not null,
add column run_id uuid,
add column run_entry_id uuid,
add constraint waitlist_entries_subject_check check ((session_id is null) <> (run_id is null)),
add constraint waitlist_entries_run_id_fkey foreign key (run_id) references workshop_runs (id) on delete cascade,
add constraint waitlist_entries_run_entry_id_fkey
foreign key (run_entry_id) references waitlist_entries (id) on delete cascade;
comment on column waitlist_entries.session_id is 'Session waited for; null: a whole run.';
comment on column waitlist_entries.run_id is 'Run waited for as a whole; null: a session.';
comment on column waitlist_entries.run_entry_id is
'Entry for the whole run, if this row holds seats of one of its sessions for it; null: none.';
create index waitlist_entries_run_queue_idx on waitlist_entries (run_id, priority desc, joined_at, id)
where status = 'waiting' and run_id is not null;
create index waitlist_entries_run_offers_idx on waitlist_entries (offer_expires_at)
where status = 'offered' and run_id is not null;
create index waitlist_entries_run_id_idx on waitlist_entries (run_id)
where run_id is not null;
create unique index waitlist_entries_active_run_key on waitlist_entries (run_id, lower(student_email collate "C"))
where status in ('waiting', 'offered') and run_id is not null;
create index waitlist_entries_run_entry_id_idx on waitlist_entries (run_entry_id)
where run_entry_id is not null;
