-- A name is compared without its spaces: people write two words as one, and one as two.
create or replace function _words_to_find(p_search text)
returns text[]
language plpgsql
immutable
security invoker
parallel safe
set search_path from current
as $function$
begin
    if length(p_search) > 200 then
        raise exception using
            errcode = 'PT400',
            constraint = 'search_too_long',
            message = format('p_search has %s characters, at most 200 are allowed', length(p_search)),
            detail = e'key: search_too_long\n' || 'It should be part of a name.',
            hint = 'Search for a shorter part of the name.';
    end if;
    return array(
        select '%' || regexp_replace(w.word, e'([\\\\%_])', e'\\\\\\1', 'g') || '%'
        from regexp_split_to_table(_fold_name(p_search), ' ') as w (word)
        where w.word <> ''
    );
end
$function$;

comment on function _words_to_find(text) is
'What a search asks of a name that _fold_name() made and that has lost its spaces: to be like all of these, whatever
their order. p_search: words or parts of words, at most 200 characters; null or nothing but marks: everything. Returns
an array of patterns. Raises PT400 search_too_long.';

revoke all on function _words_to_find(text) from public;
