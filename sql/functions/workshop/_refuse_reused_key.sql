-- Locks: none.
create or replace function _refuse_reused_key(p_enrollment_id uuid)
returns void
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    raise exception using
        errcode = 'PT409',
        constraint = 'idempotency_key_reused',
        message = 'the idempotency key was used for something else',
        detail = e'key: idempotency_key_reused\n'
            || format('Enrollment %s has another session, student or number of seats.', p_enrollment_id),
        hint = 'Make up a new key for each booking.';
end
$function$;

comment on function _refuse_reused_key(uuid) is
'Refuses a key that belongs to another booking. p_enrollment_id: the booking. Never returns. Raises PT409
idempotency_key_reused.';

revoke all on function _refuse_reused_key(uuid) from public;
