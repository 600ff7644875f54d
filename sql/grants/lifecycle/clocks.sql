-- It names every installation; other roles see their own in overview.
grant select on table clocks to sessionbook_monitor;
