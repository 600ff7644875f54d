drop table failed_steps;
