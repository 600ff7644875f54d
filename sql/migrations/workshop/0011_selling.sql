-- What is published is sold, repeated calls are recognised, and names of dates are dates.
-- depends: 0010_cancellation_notices
--
-- Why:      drafts and archived workshops were sold, because nothing read their status; now they are not, and what
--           was on sale has to stay so. Keys of callers must not be answered with something else.
-- Locks:    access exclusive on workshops, workshop_runs and orders for the length of the transaction; nothing is
--           rewritten.
-- Data:     active drafts become published (a notice says how many); new workshops are published unless they say
--           otherwise. Nothing is deleted.
-- Rollback: 0011_selling.rollback.sql drops what callers' keys were used for; statuses of workshops stay.
do $publish$
declare
    v_published bigint;
begin
    update workshops as w
    set status = 'published'
    where w.status = 'draft' and w.is_active;
    get diagnostics v_published = row_count;
    if v_published > 0 then
        raise notice 'published: % workshops that were drafts and on sale', v_published;
    end if;
end
$publish$;

alter table workshops alter column status set default 'published';
comment on column workshops.status is
'draft, published or archived; only what is published is sold, and only while is_active.';
comment on column workshops.is_active is 'True: on sale, if it is published and the shop is open.';

alter table orders add column idempotency_request jsonb;
comment on column orders.idempotency_request is
'The items that idempotency_key was used for, sorted; null: no key.';

alter table workshop_runs
add column idempotency_key text,
add column idempotency_request jsonb;
comment on column workshop_runs.idempotency_key is
'What the caller made up for one clone; the same key again gives this run. Null: none.';
comment on column workshop_runs.idempotency_request is 'What idempotency_key was used for; null: no key.';
create unique index workshop_runs_workshop_id_idempotency_key_key on workshop_runs (workshop_id, idempotency_key)
where idempotency_key is not null;
