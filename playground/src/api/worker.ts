/** The database, in a worker: pages of the same browser share it. */

import { PGlite } from "@electric-sql/pglite";
import { btree_gist } from "@electric-sql/pglite/contrib/btree_gist";
import { worker } from "@electric-sql/pglite/worker";

void worker({
  init: (options) => PGlite.create({ ...options, extensions: { btree_gist }, relaxedDurability: true }),
});
