/**
 * `node bundle.mjs [WORKER ...]`, in the folder of a published package: fills its dist with few scripts. Loading hundreds of small
 * modules takes a program longer than reading many a capture does (docs/decisions/0011-bundles.md).
 *
 * Every script that package.json names becomes one script at its place in dist. Code that several scripts share, and code that is
 * loaded on demand, is in dist/chunks, with the borders of chunks.mjs; scripts for threads (X-thread) have no chunks. For every WORKER (src/threads/WORKER-worker.ts) there are two scripts without chunks, since
 * every thread loads its own modules: dist/threads/WORKER-worker-node.js and WORKER-worker-web.js. A worker of `workersOfNode` has the first one alone. They serve the module's `run`
 * through src/threads/worker-node.ts and worker-web.ts of packages/msl. any-worker-node.js and any-worker-web.js serve all of their runtime. Dependencies and modules that depend on the platform (#...) stay imports.
 * Declarations stay one file per module. There are no source maps: they would be most of the package, and names and lines stay
 * readable without them.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { splitScripts } from "./chunks.mjs";
import { inLines } from "./in-lines.mjs";
import { markPure } from "./mark-pure.mjs";
import { root, run } from "./prepare.mjs";
import { scriptsAtOnce, scriptsOnDemand } from "./scripts-of-node.mjs";

/** The scripts that serve every kind of task. */
const ANY_WORKER = "any";

/**
 * Empties and fills dist of the package in `cwd`. `chunks`, `atOnce`: the borders of chunks (chunks.mjs). `onDemand`: what entries for Node
 * load on demand (scripts-of-node.mjs). `workersOfNode`: workers without a script for the web. Throws an `Error` if the types or a script do not compile.
 */
export async function bundlePackage(cwd, { workers = [], workersOfNode = [], chunks = [], atOnce = [], onDemand } = {}) {
  const {
    name,
    dependencies = {},
    peerDependencies = {},
    ...manifest
  } = JSON.parse(readFileSync(join(cwd, "package.json"), "utf8"));
  // Output of deleted sources would otherwise be published with the package.
  rmSync(join(cwd, "dist"), { recursive: true, force: true });
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const { status } = run(process.execPath, [compiler, "-p", "tsconfig.json", "--emitDeclarationOnly"], { cwd });
  if (status !== 0) throw new Error(`The types of ${name} do not compile`);
  const shared = {
    absWorkingDir: cwd,
    outdir: "dist",
    outbase: "src",
    bundle: true,
    format: "esm",
    platform: "neutral",
    logLevel: "warning",
  };
  const platform = ["#*", "node:*", "worker_threads", "*.wasm"];
  const scripts = namedScripts(manifest);
  const external = [...platform, ...Object.keys({ ...dependencies, ...peerDependencies })];
  const forThreads = scripts.filter(isForThreads);
  const { outputFiles } = await build({ ...shared, entryPoints: forThreads.map(source), external, write: false });
  const entries = scripts.filter((script) => !forThreads.includes(script) && !isForNode(script));
  for (const { path, text } of [...(await splitScripts({ cwd, entries, chunks, external, atOnce })), ...outputFiles])
    write(path, manifest.bin ? text : markPure(text));
  const ofNode = scripts.filter(isForNode).map((script) => script.replace(FOR_NODE, ""));
  const forNode = { cwd, entries: ofNode, external: external.filter((name) => name !== "#*") };
  const scriptsForNode = onDemand ? scriptsOnDemand({ ...forNode, ...onDemand }) : scriptsAtOnce(forNode);
  for (const { path, text } of await scriptsForNode) write(path, inLines(text));
  await build({
    ...shared,
    entryPoints:
      workers.length === 0
        ? []
        : [
            ...[...workers, ...workersOfNode, ANY_WORKER].map((worker) => scriptOfWorker(worker, "node")),
            ...[...workers, ANY_WORKER].map((worker) => scriptOfWorker(worker, "web")),
          ],
    external: platform,
    plugins: [servedWorkers(cwd, { node: [...workers, ...workersOfNode], web: workers }), mainEntriesStayImports(dependencies)],
  });
  // The script has no exports. Programs import it as the entry of a worker.
  if (workers.length > 0) writeFileSync(join(cwd, "dist", "threads", `${ANY_WORKER}-worker.d.ts`), "export {};\n");
}

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** The folder of scripts for Node. */
const FOR_NODE = /^node\//;

function isForNode(script) {
  return FOR_NODE.test(script);
}

/** The scripts of dist that package.json names, as paths in src without extension; without the scripts of workers. */
function namedScripts({ bin = {}, exports = {}, imports = {} }) {
  const targets = (value) => (typeof value === "string" ? [value] : Object.values(value).flatMap(targets));
  const scripts = [bin, exports, imports].flatMap(targets).flatMap((target) => /dist\/(.*)\.js$/.exec(target)?.[1] ?? []);
  return [...new Set(scripts)].filter((script) => !/-worker-(node|web)$/.test(script));
}

/** Whether a script is for the scripts of workers, which contain all of it. What it shares with others is not taken apart for it. */
function isForThreads(script) {
  return script.endsWith("-thread");
}

function source(entry) {
  return `src/${entry}.ts`;
}

function scriptOfWorker(worker, runtime) {
  return { in: `serve:${worker}:${runtime}`, out: `threads/${worker}-worker-${runtime}` };
}

/** An esbuild plugin that makes the scripts of workers, from `serve:WORKER:node` and `serve:WORKER:web`. `workers`: those that ANY_WORKER serves, by runtime. */
function servedWorkers(cwd, workers) {
  return {
    name: "served-workers",
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter: /^serve:/ }, ({ path }) => ({ path: path.slice("serve:".length), namespace: "serve" }));
      onLoad({ filter: /^/, namespace: "serve" }, ({ path }) => {
        const [worker, runtime] = path.split(":");
        const served = worker === ANY_WORKER ? workers[runtime] : [worker];
        const imports = served.map((name) => `import { run as ${name} } from "./${name}-worker.js";`).join("");
        const server = JSON.stringify(join(root, "packages", "msl", "src", "threads", `worker-${runtime}.ts`));
        return {
          contents: `${imports} import { serve } from ${server}; serve({ ${served.join(", ")} });`,
          resolveDir: join(cwd, "src", "threads"),
        };
      });
    },
  };
}

/** Entries of dependencies that choose files by the platform, through imports of their own package. */
const ENTRIES_OF_PLATFORMS = ["@memslice/core-wasm/scan"];

/**
 * An esbuild plugin that keeps the main entries of dependencies as imports, and those that depend on the platform. The other entries become part of
 * the worker's script. Imports that the worker does not use are left out.
 */
function mainEntriesStayImports(dependencies) {
  const stays = (path) => path in dependencies || ENTRIES_OF_PLATFORMS.includes(path);
  return {
    name: "main-entries-stay-imports",
    setup: ({ onResolve }) => {
      onResolve({ filter: /^#/ }, ({ path }) => ({ path, external: true, sideEffects: false }));
      onResolve({ filter: /^/ }, ({ path }) => (stays(path) ? { path, external: true, sideEffects: false } : undefined));
    },
  };
}

const [, script, ...workers] = process.argv;
if (script !== undefined && pathToFileURL(script).href === import.meta.url) await bundlePackage(process.cwd(), { workers });
