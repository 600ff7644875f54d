drop table stale_runs;
