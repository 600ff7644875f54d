-- requires: functions/_names_somebody, functions/_require_trusted, functions/actor
-- requires: functions/phone_key
-- Which columns: those that the catalog calls personal by their comments, so that none is forgotten.
-- Locks: rows of histories and calendar tokens, for which nobody waits; then errors of the clock, for which a pass that
-- runs is waited for: it waits for no row longer than a moment.
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
    -- However it is written; a name or an address may have some digits, too.
    v_phones constant text[] := array(
        select distinct phone_key(t.text)
        from unnest(p_texts) as t (text)
        where t.text not like '%@%' and char_length(phone_key(t.text)) > 6
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
        execute format(
            'update %I.%I as t set actor = ''erased'''
            ' where lower(t.actor) = any($1) or lifecycle.phone_key(t.actor) = any($2)',
            p_schema_name, v_table
        ) using v_texts, v_phones;
        get diagnostics v_count = row_count;
        v_erased := v_erased + v_count;
    end loop;
    execute format(
        'update %I.failed_steps as f set message = ''erased'' where lifecycle._names_somebody(f.message, $1, $2)',
        p_schema_name
    ) using v_texts, v_phones;
    get diagnostics v_count = row_count;
    -- The record of a run has the error of one installation, with its name in front.
    update ticks as k
    set error = p_schema_name || ': erased'
    where starts_with(k.error, p_schema_name || ': ') and _names_somebody(k.error, v_texts, v_phones);
    update clocks as c
    set last_error = 'erased'
    where c.schema_name = p_schema_name and _names_somebody(c.last_error, v_texts, v_phones);
    -- What the commit records, such as a run that follows its sessions, would name the person again.
    if lower(actor()) = any(v_texts) or phone_key(actor()) = any(v_phones) then
        perform set_config('sessionbook.actor', 'erased', true);
    end if;
    return v_erased + v_count;
end
$function$;

comment on function _erase_traces(text, text[]) is
'Erases somebody as the actor in history, also in what the rest of this transaction records, and from messages of failed
steps and errors of failed passes. p_schema_name: schema of the installation; p_texts: addresses, numbers and names of
the person, in any case; those of one or two characters are ignored. Returns how many rows were changed. Raises PT409
schema_not_ours.';

revoke all on function _erase_traces(text, text[]) from public;
