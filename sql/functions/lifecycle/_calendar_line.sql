-- Lines are at most 75 octets, and no character is cut in two. Returned with their line breaks.
create or replace function _calendar_line(p_name text, p_value text)
returns text
language plpgsql
immutable
security invoker
parallel safe
set search_path from current
as $function$
declare
    v_rest text := p_name || ':' || p_value;
    v_lines text := '';
    v_most integer := 75;
    v_part text;
begin
    if p_value is null then
        return '';
    end if;
    while octet_length(convert_to(v_rest, 'UTF8')) > v_most loop
        v_part := left(v_rest, v_most);
        while octet_length(convert_to(v_part, 'UTF8')) > v_most loop
            v_part := left(v_part, -1);
        end loop;
        v_lines := v_lines || v_part || e'\r\n ';
        v_rest := substr(v_rest, length(v_part) + 1);
        -- The space that goes in front of the next line counts too.
        v_most := 74;
    end loop;
    return v_lines || v_rest || e'\r\n';
end
$function$;

comment on function _calendar_line(text, text) is
'A content line of RFC 5545, folded. p_name: of the property, with its parameters; p_value: its value, escaped already;
null: there is none. Returns text that ends with its line break, empty if there is no value. Raises nothing.';

revoke all on function _calendar_line(text, text) from public;
