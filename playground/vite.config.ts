import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { defineConfig } from "vite";

// What the browser's database is made of: when it changes, a returning visitor gets a new one.
const installed = [
  "generated/schema.sql",
  "../runner/demo/workshop.sql",
  "../runner/demo/tutoring.sql",
  "../runner/demo/training.sql",
  "data/workshop.sql",
  "data/tutoring.sql",
  "data/training.sql",
];
const hash = createHash("sha256");
for (const path of installed) hash.update(readFileSync(new URL(path, import.meta.url)));

export default defineConfig({
  base: "./",
  define: { __DATA__: JSON.stringify(hash.digest("hex").slice(0, 12)) },
  build: { outDir: "../build/playground", emptyOutDir: true, target: "es2022", chunkSizeWarningLimit: 1200 },
  worker: { format: "es" },
  optimizeDeps: { exclude: ["@electric-sql/pglite"] },
  server: { fs: { allow: [".."] } },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
});
