-- requires: functions/_check_references
-- security: the application writes no table; what it names has to be there, and a draft is in nobody's way.
-- Locks: none; it only inserts.
create or replace function create_draft(
    p_course_id text,
    p_created_by_id text,
    p_trainer_id text default null,
    p_venue_id text default null,
    p_start_time timestamptz default null,
    p_end_time timestamptz default null
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
    v_session sessions;
begin
    if v_missing is not null then
        raise exception using
            errcode = 'PT400',
            constraint = 'missing_field',
            message = format('a draft has no %s', v_missing),
            detail = e'key: missing_field\n' || 'All else may be decided later.',
            hint = format('Give %s.', v_missing);
    end if;
    perform _check_references(p_course_id, p_trainer_id, p_venue_id);
    insert into sessions as s (course_id, trainer_id, venue_id, start_time, end_time, created_by_id)
    values (p_course_id, p_trainer_id, p_venue_id, p_start_time, p_end_time, p_created_by_id)
    returning s.* into v_session;
    return v_session;
end
$function$;

comment on function create_draft(text, text, text, text, timestamptz, timestamptz) is
'Makes a draft; it is in nobody''s way, whatever it holds. p_course_id: what is taught; p_created_by_id: who plans it, a
key of the application''s; p_trainer_id, p_venue_id, p_start_time, p_end_time: what is decided already. Returns its
row. Raises PT400 missing_field; PT404 course_not_found, trainer_not_found, venue_not_found.';

revoke all on function create_draft(text, text, text, text, timestamptz, timestamptz) from public;
grant execute on function create_draft(text, text, text, text, timestamptz, timestamptz) to sessionbook_app;
