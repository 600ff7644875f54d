drop index sessions_long_idx;
drop table session_decisions;
drop table absences;
drop table availability_rules;
