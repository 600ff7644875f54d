delete from waitlist_entries where session_id is null or run_entry_id is not null;
drop index waitlist_entries_run_entry_id_idx;
drop index waitlist_entries_active_run_key;
drop index waitlist_entries_run_id_idx;
drop index waitlist_entries_run_offers_idx;
drop index waitlist_entries_run_queue_idx;
alter table waitlist_entries
drop constraint waitlist_entries_run_entry_id_fkey,
drop constraint waitlist_entries_run_id_fkey,
drop constraint waitlist_entries_subject_check,
drop column run_entry_id,
drop column run_id,
alter column session_id set not null;
comment on column waitlist_entries.session_id is 'Session waited for.';
