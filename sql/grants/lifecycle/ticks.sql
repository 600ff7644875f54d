-- Only the owner writes it: the clock does so through start_tick(), run_batch() and finish_tick(). The columns about
-- moves and failures name installations; whether the clock runs may be seen by everybody.
grant select on table ticks to sessionbook_clock, sessionbook_monitor;
grant select (id, started_at, finished_at) on table ticks to sessionbook_common;
