drop table session_decisions;
drop table absences;
drop table availability_rules;
