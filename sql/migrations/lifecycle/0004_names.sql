-- Names in the form in which they are sorted and searched, the same in all units.
-- depends: 0003_settings
--
-- Why:      people write one name with and without accents, hyphens and Arabic letter forms.
-- Locks:    none on existing objects.
-- Data:     none.
-- Rollback: 0004_names.rollback.sql drops the function; units that store what it makes have to go first.
--
-- Schema and no repeatable, because what it made is stored.
create function _fold_name(p_name text)
returns text
language sql
immutable
strict
security invoker
parallel safe
set search_path from current
as $function$
    -- Marks are taken off before lower(), which knows ASCII only in some locales. Letters that are no letter with a
    -- mark are spelt out, in both cases for the same reason. Apostrophes go first: nfkd would make spaces of some. Nfkd
    -- also takes apart ligatures, wide letters and the Arabic letters of old code pages.
    select replace(replace(replace(replace(
        translate(
            lower(btrim(regexp_replace(
                regexp_replace(
                    normalize(regexp_replace(p_name, '[''`´‘’‛ʹʻʼʽʾʿ′]', '', 'g'), nfkd),
                    '[\u00ad\u0300-\u036f\u0610-\u061a\u061c\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8'
                    || '\u06ea-\u06ed\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]', '', 'g'
                ),
                '[ \t\r\n\u00a0,.;:/()"&·\u2010-\u2015\u2212\u05be\u060c\u061b-]+', ' ', 'g'
            ))),
            'øØłŁđĐðÐħĦŧŦıÆŒÞẞةىیېٱکہھەۃςء', 'oollddddhhttiæœþßهييياكههههσ'
        ),
        'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), 'ß', 'ss')
$function$;
comment on function _fold_name(text) is
'A name in the form used for sorting and searching: lower case, without accents, apostrophes and other marks, Arabic
letters in one form each, words separated by one space instead of a hyphen, a comma or the like. p_name: the name.
Returns text; null for null. Raises nothing.';
revoke all on function _fold_name(text) from public;
