/**
 * The scripts of a package for Node: minified, with the modules of the platform inside. Node parses them again in every process, which takes most of the
 * time of an import. The entries of a library whose programs use only a part of it load that part with its first use: they have nothing but constants
 * and, for each function and class, a stand-in (docs/decisions/0015-sizes.md).
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseSync } from "oxc-parser";
import { borders, ROLLDOWN_RUNTIME, split } from "./chunks.mjs";

/** The functions that load on demand. */
const LOADER = fileURLToPath(new URL("on-demand.mjs", import.meta.url));
const LOADER_EXPORTS = ["load", "classOnDemand", "isLoadedByNode", "adopted"];

/** Modules without chunks of their own are in that of the constants, which every script imports. */
const CONSTANTS = "constants";

/** Without comments and spaces, and with short names in functions. */
const SHORT = {
  compress: true,
  mangle: { toplevel: false, keepNames: { class: true, function: false } },
  codegen: { removeWhitespace: true },
};

/** The scripts for `entries`, paths in src without extension, as `{ path, text }`. `external`: names of imports that stay. */
export async function scriptsAtOnce({ cwd, entries, external }) {
  if (entries.length === 0) return [];
  const input = Object.fromEntries(entries.map((entry) => [entry, moduleOf(cwd, entry)]));
  const plugins = [platformOfNode(cwd)];
  return inPlace(cwd, await split({ cwd, input, external, plugins, chunkOf: () => null, minify: SHORT }));
}

/**
 * The same, loaded on demand. The scripts of the entries for other runtimes are in dist. `chunks`: the borders of chunks (chunks.mjs). `constants`: modules
 * that every entry has at once; they import nothing but each other.
 */
export async function scriptsOnDemand({ cwd, entries, external, chunks, constants }) {
  const apis = await Promise.all(entries.map((entry) => apiOf(cwd, entry)));
  const atOnce = new Set([LOADER, ...constants.map((name) => moduleOf(cwd, name))]);
  const parts = new Map([[LOADER, new Set(LOADER_EXPORTS)]]);
  for (const { module, name } of apis.flat()) parts.set(module, (parts.get(module) ?? new Set()).add(name));
  const named = [...parts].map(([module, names], i) => ({ part: `${PART}${i}`, module, names }));
  // What no chunk has is in one with a part of the API: in the script of a part, from which nothing else is loaded, it would be lost.
  const source = join(cwd, "src/");
  const others = [...parts.keys()].flatMap((id) => (id.startsWith(source) ? [id.slice(source.length, -".ts".length)] : []));
  const bordersOf = borders(
    [...chunks, ...others],
    (name) => moduleOf(cwd, name),
    () => false,
  );
  const chunkOf = (id, context) => {
    if (id.startsWith(PART)) return null;
    if (id === ROLLDOWN_RUNTIME || atOnce.has(id)) return CONSTANTS;
    return bordersOf(id, context);
  };
  const scripts = await split({
    cwd,
    input: Object.fromEntries(named.map(({ part }) => [part, part])),
    external,
    plugins: [partsOf(named), platformOfNode(cwd)],
    chunkOf,
    minify: SHORT,
  });
  const places = new Map();
  for (const { part, module } of named)
    for (const [name, place] of placesIn(scripts.find(({ name }) => name === `${part}.js`).text))
      places.set(`${module}#${name}`, place);
  const loader = LOADER_EXPORTS.map((name) => ({ name, ...places.get(`${LOADER}#${name}`) }));
  const shared = scripts.filter(({ name }) => !name.startsWith(PART));
  const lost = shared.find(({ text }) => text.includes(`/${PART}`));
  if (lost) throw new Error(`${lost.name} imports a script that is not published`);
  return inPlace(cwd, [
    ...shared.map(({ name, text }) => ({ name, text: loadedWithoutPromise(text, shared, loader) })),
    ...entries.map((entry, i) => ({ name: `${entry}.js`, text: entryText(apis[i], places, loader) })),
  ]);
}

function moduleOf(cwd, name) {
  return join(cwd, `src/${name}.ts`);
}

function inPlace(cwd, scripts) {
  return scripts.map(({ name, text }) => ({ path: join(cwd, "dist/node", name), text }));
}

/** The names that an entry exports, each with the module that declares it and what it is: a class, a function, or the text of a constant. */
async function apiOf(cwd, entry) {
  const values = await import(pathToFileURL(join(cwd, `dist/${entry}.js`)).href);
  return [...declarationsOf(moduleOf(cwd, entry), platformModules(cwd))]
    .filter(([name]) => name in values)
    .map(([name, module]) => ({ name, module, ...kindOf(values[name], name) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function kindOf(value, name) {
  if (typeof value !== "function") {
    if (typeof value === "bigint") return { kind: "constant", constant: `${value}n` };
    const constant = JSON.stringify(value);
    if (Object.getPrototypeOf(value) !== Object.prototype && !Array.isArray(value))
      throw new Error(`${name} is no plain constant`);
    return { kind: "constant", constant };
  }
  if (/^class\b/.test(Function.prototype.toString.call(value))) return { kind: "class" };
  return { kind: value.constructor.name === "AsyncFunction" ? "async function" : "function" };
}

/** The names that a module exports, types included, and the modules that declare them. */
function declarationsOf(module, platform) {
  const { program } = parseSync(module, readFileSync(module, "utf8"));
  const found = new Map();
  for (const { type, source, specifiers = [], declaration } of program.body) {
    const from = source && (platform(source.value) ?? join(dirname(module), source.value.replace(/\.js$/, ".ts")));
    if (type === "ExportAllDeclaration") {
      for (const [name, declaring] of declarationsOf(from, platform)) found.set(name, declaring);
    } else if (type === "ExportNamedDeclaration") {
      const names = declaration ? [declaration.id ?? declaration.declarations[0].id] : specifiers.map(({ exported }) => exported);
      for (const { name } of names) found.set(name, from ?? module);
    }
  }
  return found;
}

/** Begins the names of modules and scripts that export what one module declares. */
const PART = "part-";

/** A plugin with a module for each part of the API, from whose script `placesIn` reads where Rolldown put its names. */
function partsOf(named) {
  const texts = new Map(
    named.map(({ part, module, names }) => [part, `export { ${[...names].join(", ")} } from ${JSON.stringify(module)};`]),
  );
  return {
    name: "parts-of-the-api",
    resolveId: (id) => (texts.has(id) ? id : null),
    load: (id) => texts.get(id) ?? null,
  };
}

/** Where the names are that a script exports again: the script that has each, and its name there. */
function placesIn(text) {
  const { program } = parseSync("part.js", text);
  const imported = new Map();
  const places = new Map();
  for (const { type, source, specifiers } of program.body) {
    if (type === "ImportDeclaration") {
      for (const { imported: there, local } of specifiers) imported.set(local.name, { script: source.value, there: there.name });
    } else if (type === "ExportNamedDeclaration") {
      for (const { local, exported } of specifiers)
        places.set(exported.name, source ? { script: source.value, there: local.name } : imported.get(local.name));
    }
  }
  return places;
}

/** An entry: imports the constants, and loads functions and classes with their first use. */
function entryText(api, places, [load, ...others]) {
  const atOnce = [];
  const statements = [];
  for (const { name, module, kind, constant } of api) {
    const place = places.get(`${module}#${name}`) ?? { script: module, there: name };
    const script = JSON.stringify(place.script.replace("./chunks/", "./"));
    const loaded = `load(${script}).${place.there}`;
    if (place.script === load.script) atOnce.push({ name, ...place });
    else if (kind === "constant") statements.push(`export const ${name}=${constant};`);
    else if (kind === "class") statements.push(`export const ${name}=classOnDemand("${name}",${script},"${place.there}");`);
    else statements.push(`let _${name};export ${kind} ${name}(...given){return(_${name}??=${loaded})(...given)}`);
  }
  const imports = [load, ...others].map(({ name, there }) => (name === there ? name : `${there} as ${name}`));
  const constants = atOnce.map(({ name, there }) => (name === there ? name : `${there}:${name}`));
  return [
    `import{${imports.join(",")}}from"${load.script}";`,
    `import*as here from"${load.script}";`,
    `export const{${constants.join(",")}}=isLoadedByNode?here:adopted(load(${JSON.stringify(load.script.replace("./chunks/", "./"))}));`,
    ...statements,
  ].join("");
}

/**
 * A script whose `import()` of scripts of the package are calls of `load`: a script that is being loaded cannot be required. Scripts that import ES modules
 * of other packages stay with `import()`, since a program may be loading these itself.
 */
function loadedWithoutPromise(text, scripts, [load]) {
  let changed = text;
  for (const { start, end, moduleRequest } of parseSync("script.js", text).module.dynamicImports.toReversed()) {
    const [, script] = /^.\.\/(.*).$/.exec(text.slice(moduleRequest.start, moduleRequest.end)) ?? [];
    if (script === undefined) continue;
    const asPromise = importsOfPackages(`chunks/${script}`, scripts);
    const loading = asPromise ? `import("./${script}")` : `Promise.resolve().then(()=>load$("./${script}"))`;
    changed = changed.slice(0, start) + loading + changed.slice(end);
  }
  return changed.includes("load$(")
    ? `import{${load.there} as load$}from"${load.script.replace("./chunks/", "./")}";${changed}`
    : changed;
}

const OWN_OR_PLATFORM = /^(node:|#|@memslice\/)/;

function importsOfPackages(name, scripts, seen = new Set()) {
  if (seen.has(name)) return false;
  seen.add(name);
  const text = scripts.find((script) => script.name === name)?.text;
  if (text === undefined) throw new Error(`There is no script ${name}`);
  const { module } = parseSync(name, text);
  return module.staticImports.some(({ moduleRequest: { value } }) =>
    value.startsWith("./") ? importsOfPackages(join(dirname(name), value), scripts, seen) : !OWN_OR_PLATFORM.test(value),
  );
}

/** The module for Node of a name in the `imports` map, undefined for other names. Modules that name other files by their own place stay where they are. */
function platformModules(cwd) {
  const { imports = {} } = JSON.parse(readFileSync(join(cwd, "package.json"), "utf8"));
  return (id) => {
    const target = imports[id]?.node ?? imports[id]?.default;
    if (target === undefined) return undefined;
    const path = join(cwd, target.replace(/^\.\/dist\/(.*)\.js$/, "src/$1.ts"));
    return /\bimport\.meta\.url\b/.test(readFileSync(path, "utf8")) ? id : path;
  };
}

function platformOfNode(cwd) {
  const platform = platformModules(cwd);
  return {
    name: "platform-of-node",
    resolveId(id) {
      const path = platform(id);
      return path === id ? { id, external: true } : (path ?? null);
    },
  };
}
