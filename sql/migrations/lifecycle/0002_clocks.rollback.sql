drop sequence clock_mark;
drop table ticks;
drop table clocks;
