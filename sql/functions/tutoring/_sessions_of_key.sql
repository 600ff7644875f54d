-- requires: functions/lifecycle.now
-- Locks: the key; a caller with the same key waits until the first call has ended.
create or replace function _sessions_of_key(
    p_enrolled_courses_id integer,
    p_key text,
    p_request text
)
returns integer[]
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_request constant bytea := sha256(convert_to(p_request, 'UTF8'));
    v_known idempotency_keys;
begin
    if char_length(p_key) > 200 then
        raise exception using
            errcode = 'PT400',
            constraint = 'invalid_idempotency_key',
            message = 'the idempotency key is longer than 200 characters',
            detail = e'key: invalid_idempotency_key\n' || format('It has %s characters.', char_length(p_key)),
            hint = 'Make up a short one for each request, such as a UUID.';
    end if;
    insert into idempotency_keys (enrolled_courses_id, idempotency_key, request, session_ids, created_at)
    values (p_enrolled_courses_id, p_key, v_request, '{}', v_now)
    on conflict (enrolled_courses_id, idempotency_key) do nothing;
    if found then
        return null;
    end if;
    select k.* into v_known
    from idempotency_keys as k
    where k.enrolled_courses_id = p_enrolled_courses_id and k.idempotency_key = p_key;
    if v_known.request <> v_request then
        raise exception using
            errcode = 'PT409',
            constraint = 'idempotency_key_reused',
            message = 'the idempotency key was used for something else',
            detail = e'key: idempotency_key_reused\n'
                || format(
                    'Enrolled course %s has had a call with it since %s.', p_enrolled_courses_id, v_known.created_at
                ),
            hint = 'Make up a new key for each request.';
    end if;
    return v_known.session_ids;
end
$function$;

comment on function _sessions_of_key(integer, text, text) is
'Takes an idempotency key for a call, or tells what the call did. p_enrolled_courses_id: course that the key belongs
to; p_key: the key, 200 characters at most; p_request: the call with its arguments. Returns keys of the sessions of the
first call, null if this is the first: then the caller writes them. Raises PT400 invalid_idempotency_key, PT409
idempotency_key_reused.';

revoke all on function _sessions_of_key(integer, text, text) from public;
