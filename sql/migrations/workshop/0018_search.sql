-- What a workshop is called, in the form in which it is searched.
-- depends: 0017_people
--
-- Why:      a search folds letters and leaves out marks; doing so to every title with every search takes seconds.
-- Locks:    access exclusive on creators and workshops, whose rows are all updated.
-- Data:     creators.search_text and workshops.search_text are filled. Nothing is deleted.
-- Rollback: 0018_search.rollback.sql drops the columns.
alter table creators add column search_text text collate "C" not null default '';
comment on column creators.search_text is
'Names and handle, folded by lifecycle._fold_name() and without spaces, a bar between: what searches read. A trigger
derives it. Personal.';
update creators as c
set search_text = replace(lifecycle._fold_name(concat_ws('|', c.name, c.name_ar, c.username)), ' ', '');

alter table workshops add column search_text text collate "C" not null default '';
comment on column workshops.search_text is
'Name and titles, folded by lifecycle._fold_name() and without spaces, a bar between: what searches read. A trigger
derives it.';
update workshops as w
set search_text = replace(lifecycle._fold_name(concat_ws('|', w.name, w.title, w.title_ar)), ' ', '');
