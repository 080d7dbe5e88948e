/** Copies the JSON Schemas of the command's documents from docs/json to dist/json, from where the package exports them. */
import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const home = join(dirname(fileURLToPath(import.meta.url)), "..");
const from = join(home, "..", "..", "docs", "json");
const to = join(home, "dist", "json");

mkdirSync(to, { recursive: true });
// The document of the benchmarks is not the command's.
for (const name of readdirSync(from).filter((file) => file !== "bench.schema.json"))
  copyFileSync(join(from, name), join(to, name));
