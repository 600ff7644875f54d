-- Names in an order that an index gives, so that a picker of attendees reads what it shows and no more.
-- depends: 0002_training_sessions
--
-- Why:      suggestions are grouped by compliance and alphabetical within a group. Compliance is in one table and the
--           name in another, so without the name beside the compliance every call would sort everybody.
-- Locks:    access exclusive on personnel and compliance_items, whose rows are all updated, and share on sessions
--           while an index is made.
-- Data:     personnel.sort_name and compliance_items.sort_name are filled. Nothing is deleted.
-- Rollback: 0003_training_picker.rollback.sql drops the columns and the indexes, and brings the index back that was
--           replaced.

-- Tabs come before everything in a name, so the order is that of last name, then first name, in whatever locale.
alter table personnel add column sort_name text collate "C" not null default '';
comment on column personnel.sort_name is
'Last and first name, folded by lifecycle._fold_name(), with a tab between them, for sorting and searching. A trigger
derives it. Personal.';
update personnel as p
set sort_name = concat_ws(E'\t', lifecycle._fold_name(p.last_name), lifecycle._fold_name(p.first_name));
create index personnel_to_invite_idx on personnel (sort_name, id) include (first_name, last_name)
where deleted_at is null;

alter table compliance_items add column sort_name text collate "C" not null default '';
comment on column compliance_items.sort_name is 'The person''s sort_name, which triggers keep the same. Personal.';
update compliance_items as i
set sort_name = p.sort_name
from personnel as p
where p.id = i.personnel_id;
create index compliance_items_to_train_idx
on compliance_items (course_id, status, sort_name, personnel_id) include (expiry_date)
where status in ('NON_COMPLIANT', 'PENDING');
create index compliance_items_course_id_status_expiry_date_idx
on compliance_items (course_id, status, expiry_date, sort_name, personnel_id);
drop index compliance_items_course_id_status_idx;
-- For everyone else, whose items are read beside the people in the same order.
create index compliance_items_course_id_sort_name_personnel_id_idx
on compliance_items (course_id, sort_name, personnel_id) include (status, expiry_date);

-- Alerts ask about what is still open, which is little beside what is over.
create index sessions_open_idx on sessions (start_time, id)
where status in ('DRAFT', 'SCHEDULED') and deleted_at is null;
