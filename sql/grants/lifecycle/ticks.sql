-- Nobody but the owner writes it: the clock does so through start_tick(), run_batch() and finish_tick().
grant select on table ticks to sessionbook_app, sessionbook_reader, sessionbook_clock, sessionbook_monitor;
