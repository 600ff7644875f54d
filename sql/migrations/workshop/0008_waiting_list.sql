-- The clock finds sessions that people wait for, and lists that are over.
-- depends: 0007_seats
--
-- Why:      a tick looks for free seats that somebody waits for, and for lists of sessions that have started; without
--           an index each would read all sessions.
-- Locks:    share on workshop_sessions and waitlist_entries: reads go on, writes wait while they are read once.
-- Data:     none; the indexes hold only sessions that people wait for, and entries that are closed.
-- Rollback: 0008_waiting_list.rollback.sql drops the indexes.
create index workshop_sessions_waiting_idx on workshop_sessions (status, starts_at)
where waiting_count > 0;
create index waitlist_entries_settled_idx on waitlist_entries (joined_at)
where status in ('redeemed', 'expired', 'left', 'closed');
comment on column waitlist_entries.status is
'waiting, offered (seats are held until offer_expires_at), redeemed, expired, left (the student left the list) or closed
(the session was cancelled, or started without them); the last four are final.';
comment on column waitlist_entries.joined_at is
'When they joined; with the same priority, the earlier goes first. Always later than those already waiting for the
session.';
