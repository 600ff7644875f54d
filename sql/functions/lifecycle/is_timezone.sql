-- PostgreSQL takes three things for a time zone: names of the IANA database, POSIX rules such as FOO3, abbreviations
-- such as AST, which is four hours behind UTC to it and three ahead to people in Kuwait. The names are read from
-- hundreds of files, so the list is asked only about what could be one of the other two.
create or replace function is_timezone(p_timezone text)
returns boolean
language plpgsql
stable
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    -- No name is longer, and a regular expression should not run on a megabyte.
    if length(p_timezone) > 100 then
        return false;
    end if;
    if p_timezone ~ '[0-9<:]'
        or p_timezone !~ '/'
        and p_timezone not in ('UTC', 'GMT')
        and exists (select from pg_catalog.pg_timezone_abbrevs as a where a.abbrev = upper(p_timezone collate "C"))
    then
        return exists (
            select from pg_catalog.pg_timezone_names as z
            where lower(z.name collate "C") = lower(p_timezone collate "C")
        );
    end if;
    return (timestamp '2000-01-01' at time zone p_timezone) is not null;
exception
    when invalid_parameter_value then
        return false;
end
$function$;

comment on function is_timezone(text) is
'Whether a text is an IANA time zone that this server knows, in any case of letters; POSIX rules and abbreviations are
not accepted. p_timezone: the text. Returns boolean, false for null. Raises nothing.';

revoke all on function is_timezone(text) from public;
grant execute on function is_timezone(text) to sessionbook_common;
