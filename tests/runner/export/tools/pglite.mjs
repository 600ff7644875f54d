// Runs a script twice in PGlite, and prints what is installed.
import { readFileSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import { btree_gist } from '@electric-sql/pglite/contrib/btree_gist'

const database = await PGlite.create({ extensions: { btree_gist } })
const script = readFileSync(process.argv[2], 'utf8')
await database.exec(script)
await database.exec(script)
const { rows } = await database.query('select schema_name, version from sessionbook.installations order by schema_name')
console.log(JSON.stringify(Object.fromEntries(rows.map((row) => [row.schema_name, row.version]))))
await database.close()
// What PGlite is compiled to leaves an exit code of its own.
process.exit(0)
