-- If a trigger of the application returns null, the row is not written and no error is raised; seats would be taken
-- without an enrollment.
-- Locks: none.
create or replace function _require_written(p_table text, p_rows bigint, p_wanted bigint)
returns void
language plpgsql
stable
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    if p_rows is distinct from p_wanted then
        raise exception using
            errcode = 'PT409',
            constraint = 'session_closed',
            message = format('%s of %s rows of %s were not written', p_wanted - p_rows, p_wanted, p_table),
            detail = e'key: session_closed\n' || 'A trigger of the application suppressed them.',
            hint = format('Check the application''s triggers on %s.', p_table);
    end if;
end
$function$;

comment on function _require_written(text, bigint, bigint) is
'Raises an error if not all rows of a booking were written. p_table: name of the table; p_rows: rows that were written;
p_wanted: rows that belong to the booking. Returns nothing. Raises PT409 session_closed.';

revoke all on function _require_written(text, bigint, bigint) from public;
