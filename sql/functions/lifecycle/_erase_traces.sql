-- requires: functions/_require_trusted
-- Which columns: those that the catalog calls personal by their comments, so that none is forgotten.
-- Locks: rows of histories and calendar tokens, for which nobody waits.
create or replace function _erase_traces(p_schema_name text, p_texts text[])
returns bigint
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    -- Shorter texts would be found everywhere.
    v_texts constant text[] := array(
        select distinct lower(btrim(t.text)) from unnest(p_texts) as t (text) where char_length(btrim(t.text)) > 2
    );
    v_table text;
    v_count bigint;
    v_erased bigint := 0;
begin
    perform _require_trusted(p_schema_name);
    for v_table in
        execute format(
            'select p.table_name from %I.personal_data as p where p.column_name = ''actor'' order by p.table_name',
            p_schema_name
        )
    loop
        execute format('update %I.%I as t set actor = ''erased'' where lower(t.actor) = any($1)', p_schema_name, v_table)
        using v_texts;
        get diagnostics v_count = row_count;
        v_erased := v_erased + v_count;
    end loop;
    execute format(
        'update %I.failed_steps as f set message = ''erased'''
        ' where exists (select from unnest($1) as t (text) where strpos(lower(f.message), t.text) > 0)',
        p_schema_name
    ) using v_texts;
    get diagnostics v_count = row_count;
    return v_erased + v_count;
end
$function$;

comment on function _erase_traces(text, text[]) is
'Erases somebody as the actor of what was done, and from messages of steps that failed. p_schema_name: schema of the
installation; p_texts: addresses, numbers and names of the person, in any case; those of one or two characters are
ignored. Returns how many rows were changed. Raises PT409 schema_not_ours.';

revoke all on function _erase_traces(text, text[]) from public;
