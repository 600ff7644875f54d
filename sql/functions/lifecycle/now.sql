-- requires: functions/fake_now
-- Named in full: pg_catalog.now() is what the bare name means.
-- No search_path of its own: PostgreSQL inlines it, so that the clock costs a trigger or a view next to nothing.
create or replace function lifecycle.now()
returns timestamptz
language sql
stable
security invoker
parallel restricted
begin atomic
    select case
        when coalesce(pg_catalog.current_setting('lifecycle.fake_now', true), '') = '' then pg_catalog.now()
        else lifecycle.fake_now()
    end;
end;

comment on function lifecycle.now() is
'The time that all rules of Sessionbook use: that of the transaction, or the setting lifecycle.fake_now if the login
role is a member of the owner of schema lifecycle (for others the setting is ignored). No arguments. Returns
timestamptz. Raises PT400 invalid_fake_now.';

revoke all on function lifecycle.now() from public;
grant execute on function lifecycle.now() to sessionbook_common;
