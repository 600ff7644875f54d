-- It names every installation; others find their own in overview.
grant select on table clocks to sessionbook_monitor;
