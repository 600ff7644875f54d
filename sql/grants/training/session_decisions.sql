-- History: functions write it, as the owner. sessionbook_reader must not see reasons.
grant select on table session_decisions to sessionbook_app;
grant select (
    id, session_id, kind, details, changed_by, actor, changed_at
) on table session_decisions to sessionbook_reader;
