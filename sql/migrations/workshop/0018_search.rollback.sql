alter table workshops drop column search_text;
alter table creators drop column search_text;
