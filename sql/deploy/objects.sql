-- Which file an object belongs to, by its name: functions/now, views/labels, triggers/sessions.stamp; null: none of
-- these. A column of a view belongs to the view. In one expression, which is planned within the query that asks.
create function sessionbook.key_of(p_identity text) returns text
language sql immutable
begin atomic
    select coalesce(
        'functions/' || btrim(
            substring(p_identity from '^(?:function|procedure|aggregate) ("(?:[^"]|"")*"|[^(]*)'), '"'
        ),
        'views/' || btrim(substring(p_identity from '^(?:view|column) ("(?:[^"]|"")*"|[^.]*)'), '"'),
        'triggers/' || nullif(
            regexp_replace(p_identity, '^trigger "?(?:(?:zz)?_\d{3}_)?(.*?)"? on "?(.*?)"?$', '\2.\1'), p_identity
        )
    );
end;
comment on function sessionbook.key_of is 'The file that makes an object, such as functions/now.';

create function sessionbook.file_key(p_path text) returns text
language sql immutable
begin atomic
    select regexp_replace(p_path, '/[^/]*/(.*)\.sql$', '/\1');
end;
comment on function sessionbook.file_key is 'functions/workshop/enroll.sql is functions/enroll.';

create function sessionbook.made(p_schema text)
returns table (key text, identity text, classid oid, oid oid, version text, is_ours boolean)
language sql stable set search_path = pg_catalog, pg_temp as $function$
select sessionbook.key_of(t.identity), t.identity, t.classid, t.oid, t.version, o.identity is not null
from sessionbook.things(p_schema) as t
left join sessionbook.objects as o on o.schema_name = p_schema and o.identity = t.identity
where t.identity ~ '^(function|procedure|aggregate|view|trigger) '
$function$;
comment on function sessionbook.made is 'Functions, views and triggers by file; is_ours: a deploy made it.';

-- p_things: what made() said of a file's objects; is_new: replaced since, or gone.
create function sessionbook.since(p_things jsonb) returns table (identity text, is_ours boolean, is_new boolean)
language sql stable strict set search_path = pg_catalog, pg_temp as $function$
select s.identity, s.is_ours, concat(p.ctid, t.ctid, c.ctid, w.ctid) <> s.version
from jsonb_to_recordset(p_things) as s (identity text, classid oid, oid oid, version text, is_ours boolean)
left join pg_proc as p on s.classid = 'pg_proc'::regclass and p.oid = s.oid
left join pg_trigger as t on s.classid = 'pg_trigger'::regclass and t.oid = s.oid
left join pg_class as c on s.classid = 'pg_class'::regclass and c.oid = s.oid
left join pg_rewrite as w on w.ev_class = c.oid and w.rulename = '_RETURN'
$function$;
comment on function sessionbook.since is 'Objects that were there before, and whether they were replaced.';
