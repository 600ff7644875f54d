-- Names in an order that an index gives, so that a picker of attendees reads what it shows and no more.
-- depends: 0002_training_sessions
--
-- Why:      suggestions are grouped by compliance and alphabetical within a group. Compliance is in one table and the
--           name in another, so without the name beside the compliance every call would sort everybody.
-- Locks:    access exclusive on personnel and compliance_items, whose rows are all updated, and share on sessions
--           while an index is made.
-- Data:     personnel.sort_name and compliance_items.sort_name are filled. Nothing is deleted.
-- Rollback: 0003_training_picker.rollback.sql drops the columns, the function and the indexes, and brings the index
--           back that was replaced.
-- Schema and no repeatable, because what it made is stored.
create function fold_name(p_name text)
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
comment on function fold_name(text) is
'A name in the form used for sorting and searching: lower case, without accents, apostrophes and other marks, Arabic
letters in one form each, words separated by one space instead of a hyphen, a comma or the like. p_name: the name.
Returns text; null for null. Raises nothing.';
revoke all on function fold_name(text) from public;

-- Tabs come before everything in a name, so the order is that of last name, then first name, in whatever locale.
alter table personnel add column sort_name text collate "C" not null default '';
comment on column personnel.sort_name is
'Last and first name, folded by fold_name(), with a tab between them, for sorting and searching. A trigger derives it.
Personal.';
update personnel as p
set sort_name = concat_ws(E'\t', fold_name(p.last_name), fold_name(p.first_name));
create index personnel_to_invite_idx on personnel (sort_name, id) include (first_name, last_name)
where deleted_at is null;

alter table compliance_items add column sort_name text collate "C" not null default '';
comment on column compliance_items.sort_name is 'The person''s sort_name, which triggers keep the same. Personal.';
update compliance_items as i
set sort_name = p.sort_name
from personnel as p
where p.id = i.personnel_id;
create index compliance_items_to_train_idx
on compliance_items (course_id, status, sort_name, personnel_id) include (expiry_date)
where status in ('NON_COMPLIANT', 'PENDING');
create index compliance_items_course_id_status_expiry_date_idx
on compliance_items (course_id, status, expiry_date, sort_name, personnel_id);
drop index compliance_items_course_id_status_idx;
-- For everyone else, whose items are read beside the people in the same order.
create index compliance_items_course_id_sort_name_personnel_id_idx
on compliance_items (course_id, sort_name, personnel_id) include (status, expiry_date);

-- Alerts ask about what is still open, which is little beside what is over.
create index sessions_open_idx on sessions (start_time, id)
where status in ('DRAFT', 'SCHEDULED') and deleted_at is null;
