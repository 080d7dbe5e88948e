/**
 * The scripts of a package that share code, with chosen borders. A bundler that splits by entries makes a chunk of every set of modules that the same
 * entries reach: dozens, which take long to find and read. Here a list of modules, `chunks`, decides: a module belongs to the first of them that
 * imports it, directly or through others, without loading on demand.
 */
import { dirname, join, relative } from "node:path";
import { rolldown } from "rolldown";

/** The module of the bundler's own functions. */
export const ROLLDOWN_RUNTIME = "\0rolldown/runtime.js";

/**
 * The scripts for `entries` and what they share, as `{ path, text }`. `entries` and `chunks`: paths in src without extension; `external`: names of
 * imports that stay. `atOnce`: pairs of a module and a module that it loads on demand, for which it imports that module when it is loaded.
 */
export async function splitScripts({ cwd, entries, chunks, external, atOnce = [] }) {
  if (entries.length === 0) return [];
  const moduleOf = (name) => join(cwd, `src/${name}.ts`);
  const scripts = await split({
    cwd,
    input: Object.fromEntries(entries.map((entry) => [entry, moduleOf(entry)])),
    external,
    plugins: [importsAtOnce(moduleOf, atOnce)],
    chunkOf: borders(chunks, moduleOf, ({ isEntry, dynamicImporters }) => isEntry || dynamicImporters.length > 0),
  });
  return scripts.map(({ name, text }) => ({ path: join(cwd, "dist", name), text }));
}

/** The scripts for `input`, modules by the names of their scripts, as `{ name, text }`. `chunkOf`: tells the chunk of a module; `minify`: as for Rolldown. */
export async function split({ cwd, input, external, plugins, chunkOf, minify = false }) {
  const stays = (id) =>
    id.endsWith(".wasm") ||
    external.some((name) => id === name || id.startsWith(name.replace(/\*$|$/, name.endsWith("*") ? "" : "/")));
  const bundle = await rolldown({
    cwd,
    input,
    external: stays,
    plugins,
    platform: "neutral",
    preserveEntrySignatures: "allow-extension",
    treeshake: { moduleSideEffects: false },
    experimental: { chunkOptimization: false },
    // Modules that one file imports and another loads on demand are meant.
    checks: { ineffectiveDynamicImport: false },
    logLevel: "warn",
  });
  const { output } = await bundle.generate({
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/[name]-[hash].js",
    minifyInternalExports: false,
    hashCharacters: "base36",
    minify,
    codeSplitting: { groups: [{ name: chunkOf, debugName: "chunks" }], includeDependenciesRecursively: false },
  });
  await bundle.close();
  const empty = output.filter(({ code }) => code === "").map(({ fileName }) => `import"./${fileName}";`);
  return output
    .filter(({ code }) => code !== "")
    .map(({ fileName, code }) => ({ name: fileName, text: empty.reduce((rest, part) => rest.replace(part, ""), code) }));
}

/** The chunk of each module, by `chunks`. `isApart`: whether a module is a script of its own, whose exports are those of the module. */
export function borders(chunks, moduleOf, isApart) {
  let closures;
  return (id, context) => {
    if (id === ROLLDOWN_RUNTIME) return null;
    const infoOf = (module) => context.getModuleInfo(module);
    closures ??= chunks.map((chunk) => ({ name: chunk.replaceAll("/", "-"), modules: closureOf(moduleOf(chunk), infoOf) }));
    return isApart(infoOf(id)) ? null : (closures.find(({ modules }) => modules.has(id))?.name ?? null);
  };
}

/** The modules that a module imports when it is loaded, itself included. */
function closureOf(id, infoOf) {
  const found = new Set([id]);
  for (const module of found) {
    for (const imported of infoOf(module)?.importedIds ?? []) if (infoOf(imported)) found.add(imported);
  }
  return found;
}

/** A plugin that replaces `import()` by a static import, for the pairs of `atOnce`. */
function importsAtOnce(moduleOf, atOnce) {
  return {
    name: "imports-at-once",
    transform(code, id) {
      const targets = atOnce.flatMap(([importer, target]) => (moduleOf(importer) === id ? [target] : []));
      if (targets.length === 0) return null;
      const imports = targets.map((target, i) => `import * as atOnce${i} from ${JSON.stringify(specifier(target, id))};`);
      const changed = targets.reduce((text, target, i) => {
        const onDemand = new RegExp(`(?<!typeof )\\bimport\\("${specifier(target, id).replaceAll(".", "\\.")}"\\)`, "g");
        if (!onDemand.test(text)) throw new Error(`${id} does not load ${target} on demand`);
        return text.replace(onDemand, `Promise.resolve(atOnce${i})`);
      }, code);
      return `${imports.join("")}${changed}`;
    },
  };

  function specifier(target, id) {
    if (target.startsWith("#")) return target;
    const path = relative(dirname(id), moduleOf(target)).replace(/\.ts$/, ".js");
    return path.startsWith(".") ? path : `./${path}`;
  }
}
