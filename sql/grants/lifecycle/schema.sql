grant usage on schema lifecycle to sessionbook_common;
