"""Any calls in any order, alone, rolled back, or meeting an open transaction, made to a database and to the shop."""
