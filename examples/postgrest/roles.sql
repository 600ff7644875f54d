-- Roles for PostgREST, made if they are missing. Needs what `sessionbook apply` made, and a role that may pass on
-- sessionbook_app: the one that deployed, or a superuser. May be run again at any time.
do $roles$
begin
    if not exists (select from pg_catalog.pg_roles as r where r.rolname = 'sessionbook_authenticator') then
        create role sessionbook_authenticator login noinherit;
    end if;
    if not exists (select from pg_catalog.pg_roles as r where r.rolname = 'sessionbook_anonymous') then
        create role sessionbook_anonymous nologin;
    end if;
end
$roles$;

comment on role sessionbook_authenticator is
'PostgREST logs in as it; it may do nothing itself, and becomes the role that a request''s token names.';
comment on role sessionbook_anonymous is 'PostgREST becomes it for requests without a token; it may do nothing.';

-- Whom a token may name. Clock and courier are not among them: what they do is not asked for over HTTP.
grant sessionbook_anonymous, sessionbook_app, sessionbook_reader to sessionbook_authenticator;
