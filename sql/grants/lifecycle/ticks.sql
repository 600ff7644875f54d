-- Nobody but the owner writes it: the clock does so through start_tick(), run_batch() and finish_tick(). What each run
-- moved and what failed names installations; whether the clock runs is for everybody.
grant select on table ticks to sessionbook_clock, sessionbook_monitor;
grant select (id, started_at, finished_at) on table ticks to sessionbook_common;
