/** The API, read from the catalog: functions, views and tables with their comments. */

import { useState } from "preact/hooks";
import { t } from "../i18n";
import type { Row } from "../api/types";
import { api, useReading } from "../state";
import { Button, Empty, Field, Heading, Loaded } from "../ui/parts";

const UNITS = ["workshop", "tutoring", "training", "lifecycle"];

const FUNCTIONS = (unit: string) => `select p.proname as name,
    pg_get_function_arguments(p.oid) as arguments,
    pg_get_function_result(p.oid) as returns,
    obj_description(p.oid, 'pg_proc') as comment
from pg_proc as p
where p.pronamespace = '${unit}'::regnamespace
    and p.proname not like '\\_%'
    and has_function_privilege('sessionbook_app', p.oid, 'execute')
order by p.proname`;

const RELATIONS = (unit: string) => `select c.relname as name,
    c.relkind::text as kind,
    obj_description(c.oid, 'pg_class') as comment,
    (
        select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
            'comment', col_description(c.oid, a.attnum)) order by a.attnum)
        from pg_attribute as a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    ) as columns
from pg_class as c
where c.relnamespace = '${unit}'::regnamespace and c.relkind in ('r', 'v')
order by c.relname`;

export function Schema() {
  const [unit, setUnit] = useState("workshop");
  const [filter, setFilter] = useState("");
  const run = api().run;
  const reading = useReading(async () => {
    if (!run) return null;
    const [functions, relations] = [await run(FUNCTIONS(unit)), await run(RELATIONS(unit))];
    return { functions: functions.rows, views: relations.rows.filter((row) => row.kind === "v"), tables: relations.rows.filter((row) => row.kind === "r") };
  }, unit);
  if (!run) return <Empty>{t("overHttp")}</Empty>;
  const fits = (row: Row) => row.name.includes(filter.toLowerCase().trim());
  return (
    <>
      <Heading title={t("schema")} lead={t("schemaLead")}>
        <Field label={t("schema")} value={unit} onChange={(event) => setUnit(event.currentTarget.value)}>
          {UNITS.map((name) => <option key={name} value={name}>{name}</option>)}
        </Field>
        <Field label={t("filter")} type="search" dir="ltr" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} />
      </Heading>
      <Loaded reading={reading}>
        {(found) => found && (["functions", "views", "tables"] as const).every((kind) => !found[kind].some(fits)) ? (
          <Empty next={<Button onClick={() => setFilter("")}>{t("clear")}</Button>}>{t("nothingFound")}</Empty>
        ) : found && (["functions", "views", "tables"] as const).map((kind) => {
          const rows = found[kind].filter(fits);
          return rows.length > 0 && (
            <section key={kind} class="catalog" aria-labelledby={kind}>
              <h2 id={kind}>{t(kind)} <small>{rows.length}</small></h2>
              {rows.map((row) => <Item key={`${row.name}${row.arguments}`} row={row} />)}
            </section>
          );
        })}
      </Loaded>
    </>
  );
}

function Item({ row }: { row: Row }) {
  return (
    <details dir="ltr">
      <summary><code>{row.name}</code> <span class="soft">{String(row.comment ?? "").split(/[.;:]/)[0]}</span></summary>
      <p>{row.comment}</p>
      {row.arguments !== undefined && <pre tabIndex={0}>{`${row.name}(${row.arguments ? `\n    ${row.arguments.replaceAll(", ", ",\n    ")}\n` : ""})\nreturns ${row.returns}`}</pre>}
      {row.columns && (
        <dl>{(row.columns as Row[]).map((column) => (
          <div key={column.name}><dt><code>{column.name}</code> <small class="soft">{column.type}</small></dt><dd>{column.comment}</dd></div>
        ))}</dl>
      )}
    </details>
  );
}
