-- A name is compared without its spaces: people write two words as one, and one as two.
create or replace function _words_to_find(p_search text)
returns text[]
language sql
immutable
security invoker
parallel safe
set search_path from current
as $function$
    select array(
        select '%' || regexp_replace(w.word, e'([\\\\%_])', e'\\\\\\1', 'g') || '%'
        from regexp_split_to_table(fold_name(p_search), ' ') as w (word)
        where w.word <> ''
    )
$function$;

comment on function _words_to_find(text) is
'What a search for people asks of a sort_name without its spaces: to be like all of these, whatever their order.
p_search: words or parts of words; null or nothing but marks: everybody. Returns an array of patterns. Raises nothing.';

revoke all on function _words_to_find(text) from public;
