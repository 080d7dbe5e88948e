/**
 * The scripts of a package that share code, with chosen borders. A bundler that splits by entries makes a chunk of every set of modules that the same
 * entries reach: dozens, which take long to find and read. Here a list of modules, `chunks`, decides: a module belongs to the first of them that
 * imports it, directly or through others, without loading on demand.
 */
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { rolldown } from "rolldown";

/** The module of the bundler's own functions. */
const ROLLDOWN_RUNTIME = "\0rolldown/runtime.js";

/** Without comments and spaces, and with short names in functions: Node parses the scripts of a library again in every process. */
const SHORT = {
  compress: true,
  mangle: { toplevel: false, keepNames: { class: true, function: false } },
  codegen: { removeWhitespace: true },
};

/**
 * The scripts for `entries` and what they share, as `{ path, text }`. `entries` and `chunks`: paths in src without extension; `external`: names of
 * imports that stay. `atOnce`: pairs of a module and a module that it loads on demand, for which it imports that module when it is loaded. `node`: scripts
 * for Node, in which the modules of the package that depend on the platform are chosen already.
 */
export async function splitScripts({ cwd, entries, chunks, external, atOnce = [], node = false }) {
  if (entries.length === 0) return [];
  const moduleOf = (name) => join(cwd, `src/${name}.ts`);
  let closures;
  const chunkOf = (id, context) => {
    const infoOf = (module) => context.getModuleInfo(module);
    closures ??= chunks.map((chunk) => ({ chunk: chunkName(chunk), modules: closureOf(moduleOf(chunk), infoOf) }));
    const chunk = closures.find(({ modules }) => modules.has(id))?.chunk ?? null;
    if (id === ROLLDOWN_RUNTIME) return node ? chunkName(chunks[0]) : null;
    const { isEntry, dynamicImporters } = infoOf(id);
    // Scripts of their own, whose exports are those of the module.
    return isEntry || (dynamicImporters.length > 0 && !(node && chunk)) ? null : chunk;
  };
  const stays = (id) =>
    id.endsWith(".wasm") ||
    external.some((name) => id === name || id.startsWith(name.replace(/\*$|$/, name.endsWith("*") ? "" : "/")));
  const bundle = await rolldown({
    cwd,
    input: Object.fromEntries(entries.map((entry) => [entry, moduleOf(entry)])),
    external: stays,
    plugins: node ? [platformOfNode(cwd)] : [importsAtOnce(moduleOf, atOnce)],
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
    ...(node ? { minify: SHORT } : {}),
    codeSplitting: { groups: [{ name: chunkOf, debugName: "chunks" }], includeDependenciesRecursively: false },
  });
  await bundle.close();
  const empty = output.filter(({ code }) => code === "").map(({ fileName }) => `import"./${fileName}";`);
  return output
    .filter(({ code }) => code !== "")
    .map(({ fileName, code }) => ({ path: join(cwd, node ? "dist/node" : "dist", fileName), text: without(empty, code) }));
}

function without(parts, text) {
  return parts.reduce((rest, part) => rest.replace(part, ""), text);
}

function chunkName(root) {
  return root.replaceAll("/", "-");
}

/** The modules that a module imports when it is loaded, itself included. */
function closureOf(id, infoOf) {
  const found = new Set([id]);
  for (const module of found) {
    for (const imported of infoOf(module)?.importedIds ?? []) if (infoOf(imported)) found.add(imported);
  }
  return found;
}

/** A plugin that chooses the modules for Node of the `imports` map. Modules that name other files by their own place stay where they are. */
function platformOfNode(cwd) {
  const { imports = {} } = JSON.parse(readFileSync(join(cwd, "package.json"), "utf8"));
  return {
    name: "platform-of-node",
    resolveId(id) {
      const target = imports[id]?.node ?? imports[id]?.default;
      if (target === undefined) return null;
      const path = join(cwd, target.replace(/^\.\/dist\/(.*)\.js$/, "src/$1.ts"));
      return /\bimport\.meta\.url\b/.test(readFileSync(path, "utf8")) ? { id, external: true } : path;
    },
  };
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
