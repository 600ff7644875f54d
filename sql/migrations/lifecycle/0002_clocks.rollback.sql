drop table clock_moves;
drop table ticks;
drop table clocks;
