grant select on table ticks to sessionbook_reader, sessionbook_app;
-- run_tick() commits between batches and so cannot run as its owner: the clock writes its own heartbeat.
grant select, insert, update on table ticks to sessionbook_clock;
