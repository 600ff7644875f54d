drop index sessions_open_idx;
create index compliance_items_course_id_status_idx on compliance_items (course_id, status, expiry_date, personnel_id);
drop index compliance_items_course_id_status_expiry_date_idx;
alter table compliance_items drop column sort_name;
alter table personnel drop column sort_name;
