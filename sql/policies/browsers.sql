-- What the policies of all units have in common: roles and claims. Nothing applies this by itself: docs/http.md says
-- how it is run, before the file of a unit and as one text with it, and what a token has to hold.
create or replace function claim(p_name text)
returns text
language sql
stable
security invoker
parallel safe
begin atomic
    -- Of a list or an object the digits would count as a phone number, a number loses zeros and may be written as 1e3,
    -- and some calls trim what tables compare as it is.
    select j.claims ->> p_name -- noqa: RF03
    from (select nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb as claims) as j
    where jsonb_typeof(j.claims -> p_name) = 'string' -- noqa: RF03
        and j.claims ->> p_name ~ '^\S' and j.claims ->> p_name ~ '\S$'; -- noqa: RF03
end;

comment on function claim(text) is
'A claim of the token in request.jwt.claims. p_name: its name. Returns text, null: it has none that is a text without
blanks around it. Raises 22P02, 22P05 or 54001 if the setting cannot be read as JSON.';

revoke all on function claim(text) from public;

-- Drops the old ones, so that a file can be run again. Locks: the tables that have policies.
create or replace function _open_to_browsers(p_roles text[])
returns void
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_role text;
    v_policy record;
begin
    foreach v_role in array p_roles loop
        begin
            if to_regrole(v_role) is null then
                execute format('create role %s nologin in role sessionbook_common', v_role);
            end if;
        exception
            -- Another database of the cluster got it in the same moment.
            when duplicate_object or unique_violation then null;
        end;
        execute format('grant usage on schema %I to %s', current_schema(), v_role);
        execute format('grant execute on function claim(text) to %s', v_role);
    end loop;
    for v_policy in
        select p.tablename, p.policyname
        from pg_policies as p
        where p.schemaname = current_schema() and p.policyname ~ '^(everybody|browser(_\w+)?)$'
    loop
        execute format('drop policy %I on %I', v_policy.policyname, v_policy.tablename);
    end loop;
end
$function$;

comment on function _open_to_browsers(text[]) is
'Makes the roles of browsers that are missing, lets them read claims, and drops policies of an earlier run. p_roles:
their names, quoted. Returns nothing. Raises 42501 if a role is missing and may not be made.';

revoke all on function _open_to_browsers(text[]) from public;

-- The policy for everybody leaves all other roles as they were; that of browsers takes away from it. Locks: the table.
create or replace function _show_to_browsers(p_table text, p_kind text, p_roles text[], p_condition text)
returns void
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    execute format(
        'create policy %I on %I as restrictive to %s using (%s)',
        concat_ws('_', 'browser', p_kind),
        p_table,
        (select string_agg(r.name, ', ') from unnest(p_roles) as r (name) where r.name ~ concat(p_kind, '"?$')),
        p_condition
    );
    if not exists (
        select
        from pg_policies as p
        where p.schemaname = current_schema() and p.tablename = p_table and p.policyname = 'everybody'
    ) then
        execute format('create policy everybody on %I using (true) with check (true)', p_table);
        execute format('alter table %I enable row level security', p_table);
    end if;
end
$function$;

comment on function _show_to_browsers(text, text, text[], text) is
'Shows browsers some rows of a table and hides the rest. p_table: its name; p_kind: end of the name of the role that
they are shown to, null: all; p_roles: names of all roles of browsers, quoted; p_condition: which rows. Returns nothing.
Raises 42710 if it is said twice.';

revoke all on function _show_to_browsers(text, text, text[], text) from public;
