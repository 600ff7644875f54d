grant select on table settings to sessionbook_common;
