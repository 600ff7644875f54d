drop index workshop_runs_workshop_id_idempotency_key_key;
alter table workshop_runs
drop column idempotency_request,
drop column idempotency_key;
alter table orders drop column idempotency_request;
comment on column workshops.is_active is 'True: on sale; session_availability shows no other.';
comment on column workshops.status is 'draft, published or archived.';
alter table workshops alter column status set default 'draft';
