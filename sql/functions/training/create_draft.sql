-- requires: functions/_check_references
-- security: the application writes no table; the rows that it names must exist, and a draft blocks nothing.
-- Locks: none; it only inserts. Of two callers with one key the second waits for the first, and finds its draft.
create or replace function create_draft(
    p_course_id text,
    p_created_by_id text,
    p_trainer_id text default null,
    p_venue_id text default null,
    p_start_time timestamptz default null,
    p_end_time timestamptz default null,
    p_idempotency_key text default null
)
returns sessions
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_missing constant text := case
        when p_course_id is null then 'course_id'
        when p_created_by_id is null then 'created_by_id'
    end;
    v_key constant text := nullif(p_idempotency_key, '');
    v_request constant jsonb := case
        when v_key is not null
            then jsonb_build_array(
                p_course_id, p_trainer_id, p_venue_id, p_start_time at time zone 'UTC', p_end_time at time zone 'UTC'
            )
    end;
    v_session sessions;
begin
    if v_missing is not null then
        raise exception using
            errcode = 'PT400',
            constraint = 'missing_field',
            message = format('a draft has no %s', v_missing),
            detail = e'key: missing_field\n' || 'Everything else can be decided later.',
            hint = format('Give %s.', v_missing);
    end if;
    if char_length(p_created_by_id) > 200 then
        raise exception using
            errcode = 'PT400',
            constraint = 'text_too_long',
            message = 'p_created_by_id is longer than 200 characters',
            detail = e'key: text_too_long\n' || format('It has %s characters.', char_length(p_created_by_id)),
            hint = 'Pass your application''s key of the person who plans the session.';
    end if;
    if char_length(v_key) > 200 then
        raise exception using
            errcode = 'PT400',
            constraint = 'invalid_idempotency_key',
            message = 'the idempotency key is longer than 200 characters',
            detail = e'key: invalid_idempotency_key\n' || format('It has %s characters.', char_length(v_key)),
            hint = 'Make up a short one for each request, such as a UUID.';
    end if;
    if v_key is null or not exists (
        select from sessions as s where s.created_by_id = p_created_by_id and s.idempotency_key = v_key
    ) then
        perform _check_references(p_course_id, p_trainer_id, p_venue_id);
        insert into sessions as s (
            course_id, trainer_id, venue_id, start_time, end_time, created_by_id, idempotency_key, idempotency_request
        )
        values (
            p_course_id, p_trainer_id, p_venue_id, p_start_time, p_end_time, p_created_by_id, v_key, v_request
        )
        on conflict (created_by_id, idempotency_key) where idempotency_key is not null do nothing
        returning s.* into v_session;
        if found then
            return v_session;
        end if;
    end if;
    select s.* into v_session
    from sessions as s
    where s.created_by_id = p_created_by_id and s.idempotency_key = v_key;
    if v_session.idempotency_request is distinct from v_request then
        raise exception using
            errcode = 'PT409',
            constraint = 'idempotency_key_reused',
            message = 'the idempotency key was used for something else',
            detail = e'key: idempotency_key_reused\n' || format('Session %s was made with it.', v_session.id),
            hint = 'Make up a new key for each draft.';
    end if;
    return v_session;
end
$function$;

comment on function create_draft(text, text, text, text, timestamptz, timestamptz, text) is
'Makes a draft. It blocks no trainer and no venue. p_course_id: what is taught; p_created_by_id: who plans it, a key of
your application (200 characters at most); p_trainer_id, p_venue_id, p_start_time, p_end_time: what is decided already;
p_idempotency_key: made up by the caller, at most 200 characters; a repeated call of the same planner with the same key
returns the same session, as it is now (default null: no key). Returns its row. Raises PT400 missing_field; PT404
course_not_found, trainer_not_found, venue_not_found; PT400 text_too_long, invalid_idempotency_key; PT409
idempotency_key_reused (the key was used for something else).';

revoke all on function create_draft(text, text, text, text, timestamptz, timestamptz, text) from public;
grant execute on function create_draft(text, text, text, text, timestamptz, timestamptz, text) to sessionbook_app;
