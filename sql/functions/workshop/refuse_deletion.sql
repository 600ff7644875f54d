-- requires: functions/_observe, functions/lifecycle.now
-- security: it reads the bookings of the row to be deleted, for any role that deletes, and tells only that there are
-- some. It also fires for rows that are deleted by cascade: sessions of a workshop, items of an order.
-- Locks: none. The delete has locked the row before, so nobody can book it at the same time.
create or replace function refuse_deletion()
returns trigger
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_what constant text := tg_argv[0];
    v_now constant timestamptz := lifecycle.now();
begin
    if (exists (
        select
        from workshop_sessions as s
        where (
                v_what = 'session' and s.id = old.id
                or v_what = 'run' and s.run_id = old.id
                or v_what = 'workshop' and s.workshop_id = old.id
            )
            and (
                exists (
                    select
                    from enrollments as e
                    where e.session_id = s.id
                        and (e.status = 'successful' or e.status = 'pending' and coalesce(e.expires_at > v_now, true))
                )
                or exists (
                    select
                    from waitlist_entries as w
                    where w.session_id = s.id
                        and (w.status = 'waiting' or w.status = 'offered' and w.offer_expires_at > v_now)
                )
            )
    ) or v_what = 'run' and exists (
        select
        from waitlist_entries as w
        where w.run_id = old.id and (w.status = 'waiting' or w.status = 'offered' and w.offer_expires_at > v_now)
    ) or v_what in ('order', 'item') and exists (
        select
        from enrollments as e
        where (v_what = 'order' and e.order_id = old.id or v_what = 'item' and e.order_item_id = old.id)
            -- The application may delete orders that it made itself.
            and e.order_item_id is not null
            and (e.status = 'successful' or e.status = 'pending' and coalesce(e.expires_at > v_now, true))
    )) and not _observe('has_bookings', format('%s.%s', 'workshop', v_what), old.id::text, null, null) then
        raise exception using
            errcode = 'PT409',
            constraint = 'has_bookings',
            message = format('%s %s has bookings', v_what, old.id),
            detail = e'key: has_bookings\n' || 'People have seats in it or wait for it.',
            hint = case v_what
                when 'session' then 'Use cancel_session(), which returns the people to inform.'
                when 'run' then 'Use cancel_run(), which returns the people to inform.'
                when 'order' then 'Use set_order_status() to cancel it and free its seats.'
                when 'item' then 'Use cancel_enrollment() to free its seats.'
                else 'Cancel its runs with cancel_run(). To end its sale, set its status to archived.'
            end;
    end if;
    return old;
end
$function$;

comment on function refuse_deletion() is
'Trigger function (before delete, row): refuses to delete rows that people have booked or wait for, and orders and items
with seats. Argument: session, run, workshop, order or item (of an order). Returns the row. Raises PT409 has_bookings.';

revoke all on function refuse_deletion() from public;
