-- requires: functions/_lock_session, functions/lifecycle.now
-- security: applications move sessions without rights on the table; the argument is a key and is never executed as SQL.
-- Locks: the session, nothing after it, so that it cannot deadlock.
create or replace function mark_no_show(p_session_id integer, p_expected_updated_at timestamptz default null)
returns sessions
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_session sessions;
begin
    v_session := _lock_session(p_session_id, p_expected_updated_at);
    if v_session.status = 'scheduled' and v_session.starts_at > v_now then
        raise exception using
            errcode = 'PT409',
            constraint = 'session_not_started',
            message = format(
                'session %s starts at %s, nobody can be absent before that', p_session_id, v_session.starts_at
            ),
            detail = e'key: session_not_started\n' || format('It is %s.', v_now),
            hint = 'Wait until it starts, or call cancel_session().';
    end if;
    update sessions as s
    set status = 'no_show'
    where s.id = p_session_id
    returning s.* into v_session;
    return v_session;
end
$function$;

comment on function mark_no_show(integer, timestamptz) is
'Records that the student did not come. Possible from the start of the session on, also after the clock has completed
it; restore_session() undoes it. p_session_id: the session; p_expected_updated_at: updated_at of the row that the caller
has seen (null: not checked). Returns its row, unchanged if it has that status already. Raises PT409
session_not_started, and PT404 session_not_found, PT409 changed_meanwhile, PT409 session_deleted, PT409
illegal_transition if the rules do not allow it.';

revoke all on function mark_no_show(integer, timestamptz) from public;
grant execute on function mark_no_show(integer, timestamptz) to sessionbook_app;
