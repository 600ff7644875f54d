-- Locks: the reminders in id order, nothing after them. Other functions lock reminders in this order too.
create or replace function _lock_claims(p_reminder_ids bigint[])
returns void
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    if cardinality(p_reminder_ids) > 1000 then
        raise exception using
            errcode = 'PT400',
            constraint = 'too_many',
            message = format('cannot settle %s reminders at once', cardinality(p_reminder_ids)),
            detail = e'key: too_many\n' || 'At most 1000 are allowed at once, as many as one claim returns.',
            hint = 'Call once for each claim.';
    end if;
    perform
    from reminders as r
    where r.id = any(p_reminder_ids)
    order by r.id
    for no key update;
end
$function$;

comment on function _lock_claims(bigint[]) is
'Locks reminders that a courier is about to settle. p_reminder_ids: at most 1000; those that are not there are passed
over. Returns nothing. Raises PT400 too_many.';

revoke all on function _lock_claims(bigint[]) from public;
