/** `npm run reference`: rewrites the reference pages and the JSON Schemas in docs/. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { prepare, root } from "./prepare.mjs";

prepare();
const { referencePages, jsonSchemas } = await importSources(
  'export * from "./packages/msl/scripts/reference.mjs"; export * from "./packages/cli/scripts/json-schemas.mjs";',
);
mkdirSync(join(root, "docs", "json"), { recursive: true });
for (const [name, page] of Object.entries({ ...referencePages(), ...jsonSchemas() }))
  writeFileSync(join(root, "docs", name), page);

/** Bundles and runs a module that imports TypeScript, since dist does not have the tables in files of their own. */
async function importSources(contents) {
  const { build } = await import("esbuild");
  const stdin = { contents, resolveDir: root };
  const { outputFiles } = await build({
    stdin,
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    // Native code, which no page needs.
    external: ["@napi-rs/blake-hash"],
    logLevel: "warning",
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}
