/**
 * `npm run reference`: rewrites the reference pages and the JSON Schemas in docs/, and the
 * declared types and straight-line decoders of payloads in packages/msl/src.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installPackages, root, runTask } from "./prepare.mjs";

// Of the packages only core-wasm: msl may not compile before its declared types are those of its tables.
installPackages();
runTask("build", ["@memslice/core-wasm"]);
const { referencePages, analysisPages, declaredTypes, straightCode, lintCatalogue, jsonSchemas, cliPage } = await importSources(
  'export * from "./packages/msl/scripts/reference.mjs"; export * from "./packages/msl/scripts/declared-types.mjs"; export * from "./packages/msl/scripts/straight-code.mjs"; export * from "./packages/msl/scripts/lint-catalogue.mjs"; export * from "./packages/analysis/scripts/reference.mjs"; export * from "./packages/cli/scripts/json-schemas.mjs"; export * from "./packages/cli/scripts/cli-page.mjs";',
);
mkdirSync(join(root, "docs", "json"), { recursive: true });
for (const [name, page] of Object.entries({ ...referencePages(), ...analysisPages(), ...jsonSchemas(), ...(await cliPage()) }))
  writeFileSync(join(root, "docs", name), page);
for (const [name, source] of Object.entries({ ...declaredTypes(), ...straightCode(), ...lintCatalogue() }))
  writeFileSync(join(root, "packages", "msl", "src", name), source);

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
    plugins: [platformSources()],
    logLevel: "warning",
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}

/** An esbuild plugin that resolves the imports map of msl to sources for any platform, because dist may be missing. */
function platformSources() {
  const home = join(root, "packages", "msl");
  const { imports } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  return {
    name: "platform-sources",
    setup: ({ onResolve }) =>
      onResolve({ filter: /^#/ }, ({ path }) => {
        const [, file] = /dist\/(.*)\.js$/.exec(imports[path]?.default ?? "") ?? [];
        return file === undefined ? undefined : { path: join(home, "src", `${file}.ts`) };
      }),
  };
}
