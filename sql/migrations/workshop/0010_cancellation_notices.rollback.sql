drop type cancellation_notice;
