import { readFileSync } from "node:fs";
import { defineConfig } from "vite";

// When the prepared database changes, a returning visitor gets a new one.
const prepared = JSON.parse(readFileSync(new URL("generated/prepared.json", import.meta.url), "utf8"));

export default defineConfig({
  base: "./",
  define: { __DATA__: JSON.stringify(prepared.id), __DATA_AT__: String(prepared.at) },
  build: { outDir: "../build/playground", emptyOutDir: true, target: "es2022", chunkSizeWarningLimit: 1200 },
  worker: { format: "es" },
  optimizeDeps: { exclude: ["@electric-sql/pglite"] },
  server: { fs: { allow: [".."] } },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [
    {
      // PGlite names these by itself; the page brings its own, packed.
      name: "without-unpacked",
      generateBundle: {
        order: "post",
        handler(_, files) {
          for (const name of Object.keys(files)) if (/(pglite|initdb)-.*\.(wasm|data)$/.test(name)) delete files[name];
        },
      },
    },
  ],
});
