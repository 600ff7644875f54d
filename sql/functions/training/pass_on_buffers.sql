-- requires: functions/lifecycle.now, functions/lifecycle.shown
-- security: a caller that writes a trainer or venue need not be able to write sessions; only buffers are written.
-- Locks: the trainer or venue, by the statement; then its sessions to come, by id. The booking call does it in the same
-- order, and who holds a session does not wait for its trainer or venue.
create or replace function pass_on_buffers()
returns trigger
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_is_trainer constant boolean := tg_argv[0] = 'trainer';
    v_ids constant text[] := array(
        select s.id
        from sessions as s
        where (s.trainer_id = new.id and v_is_trainer or s.venue_id = new.id and not v_is_trainer)
            and s.status in ('DRAFT', 'SCHEDULED')
            and (s.end_time is null or s.end_time > v_now)
        order by s.id
        for no key update
    );
begin
    -- take_buffers() has the values.
    update sessions as s
    set trainer_buffer_before = s.trainer_buffer_before
    where s.id = any(v_ids);
    return null;
exception
    when exclusion_violation then
        raise exception using
            errcode = 'PT409',
            constraint = 'buffer_in_the_way',
            message = format(
                '%s %s has sessions that are closer to each other than the new buffer',
                tg_argv[0],
                lifecycle.shown(new.id)
            ),
            detail = e'key: buffer_in_the_way\n' || coalesce(
                (
                    select string_agg(format('%s is from %s to %s', n.id, n.start_time, n.end_time), '; ')
                    from (
                        select s.id, s.start_time, s.end_time
                        from sessions as s
                        where (s.trainer_id = new.id and v_is_trainer or s.venue_id = new.id and not v_is_trainer)
                            and s.status in ('SCHEDULED', 'COMPLETED')
                            and s.deleted_at is null
                            and exists (
                                select
                                from sessions as o
                                where (
                                    o.trainer_id = new.id and v_is_trainer
                                    or o.venue_id = new.id and not v_is_trainer
                                )
                                    and o.id <> s.id
                                    and o.status in ('SCHEDULED', 'COMPLETED')
                                    and o.deleted_at is null
                                    and (o.id = any(v_ids) or s.id = any(v_ids))
                                    and busy(o.start_time, o.end_time, new.buffer_before, new.buffer_after)
                                        && busy(s.start_time, s.end_time, new.buffer_before, new.buffer_after)
                            )
                        order by s.start_time
                        limit 10
                    ) as n
                ),
                'A constraint refuses the new buffer.'
            ),
            hint = 'Move one of each pair first, or choose a shorter buffer.';
end
$function$;

comment on function pass_on_buffers() is
'Trigger function (after update, row): new buffers of a trainer or venue reach the sessions to come. Argument: trainer
or venue. Returns null. Raises PT409 buffer_in_the_way if two of them are closer to each other; the detail has the first
ten.';

revoke all on function pass_on_buffers() from public;
