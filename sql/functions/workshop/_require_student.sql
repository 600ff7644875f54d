-- requires: functions/_refuse_long_texts, functions/_require_seats
-- Locks: none.
create or replace function _require_student(
    p_student_name text,
    p_student_email text,
    p_student_phone text,
    p_seats integer,
    p_idempotency_key text
)
returns void
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    perform _require_seats(p_seats);
    if coalesce(trim(p_student_name), '') = '' then
        raise exception using
            errcode = 'PT400',
            constraint = 'name_missing',
            message = 'no name is given',
            detail = e'key: name_missing\n' || 'p_student_name is blank.',
            hint = 'Give the name of the student.';
    end if;
    perform _refuse_long_texts(p_student_name, p_student_email, p_student_phone, p_idempotency_key);
end
$function$;

comment on function _require_student(text, text, text, integer, text) is
'Refuses somebody who cannot book or wait like this. p_student_name: who, not blank; p_student_email, p_student_phone,
p_idempotency_key: what the caller sent, null: nothing; p_seats: 1 to 10000. Returns nothing. Raises PT400
seats_not_positive, PT400 too_many, PT400 name_missing, PT400 text_too_long.';

revoke all on function _require_student(text, text, text, integer, text) from public;
