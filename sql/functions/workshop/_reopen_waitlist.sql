-- Entries that the clock closed when the session began wait again, in their old place; entries that a person closed do
-- not.
-- Locks: closed waitlist_entries of the session, which the caller has locked, and of its run, in id order: reopening
-- another session of the run locks the same entries of the run in the same order.
create or replace function _reopen_waitlist(p_session_id uuid)
returns integer
language sql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
    with closed as (
        select w.id
        from waitlist_entries as w
        where (
                w.session_id = p_session_id
                or w.run_id = (select s.run_id from workshop_sessions as s where s.id = p_session_id)
            )
            and w.status = 'closed'
            and (
                select c.cause
                from status_changes as c
                where c.machine = 'workshop.waitlist' and c.subject_id = w.id::text
                order by c.id desc
                limit 1
            ) = 'clock'
            -- Once for each student.
            and not exists (
                select
                from waitlist_entries as o
                where (o.session_id = w.session_id or o.run_id = w.run_id)
                    and lower(o.student_email collate "C") = lower(w.student_email collate "C")
                    and (
                        o.status in ('waiting', 'offered')
                        or o.status = 'closed' and (o.joined_at, o.id) > (w.joined_at, w.id)
                    )
            )
        order by w.id
        for no key update
    ),
    reopened as (
        update waitlist_entries as w
        set status = 'waiting'
        from closed as c
        where c.id = w.id
        returning w.session_id
    )
    select count(r.session_id)::integer from reopened as r;
$function$;

comment on function _reopen_waitlist(uuid) is
'Opens entries of the waiting list again that the clock closed when the session began, those for its whole run included.
p_session_id: the session, locked by the caller, with a start in the future. Returns how many wait for the session, for
the caller to add to waiting_count. Raises nothing.';

revoke all on function _reopen_waitlist(uuid) from public;
