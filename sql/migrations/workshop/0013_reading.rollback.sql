drop index orders_order_number_idx;
