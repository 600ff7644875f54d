drop table settings;
comment on column ticks.failed is 'Steps that failed, over all schemas.';
comment on column ticks.error is 'SQLSTATE and message of the first schema whose pass failed, or who kept it out;
null: none.';
