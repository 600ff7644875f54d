drop table ticks;
drop table clocks;
