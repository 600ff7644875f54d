-- Called only to report what is wrong: the trigger's condition has found it.
-- Locks: none.
create or replace function refuse_negative_counts()
returns trigger
language plpgsql
volatile
security invoker
parallel unsafe
as $function$
begin
    raise exception using
        errcode = 'PT400',
        constraint = 'seat_count_negative',
        message = format('numbers of session %s cannot be below zero', new.id),
        detail = e'key: seat_count_negative\n' || format(
            'max_attendees %s, min_attendees %s, waiting_count %s.', new.max_attendees, new.min_attendees, new.waiting_count
        ),
        hint = 'Use 0 or null for any number of seats.';
end
$function$;

comment on function refuse_negative_counts() is
'Trigger function (before insert or update of max_attendees, min_attendees or waiting_count, row, if one is negative):
refuses it. No arguments. Returns nothing. Raises PT400 seat_count_negative.';

revoke all on function refuse_negative_counts() from public;
