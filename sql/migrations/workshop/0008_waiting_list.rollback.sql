drop index waitlist_entries_settled_idx;
drop index workshop_sessions_waiting_idx;
comment on column waitlist_entries.status is
'waiting, offered (seats are held until offer_expires_at), redeemed, expired, left (the student left the list) or closed
(the session was cancelled).';
comment on column waitlist_entries.joined_at is
'When they began to wait; the earlier goes first within a priority.';
