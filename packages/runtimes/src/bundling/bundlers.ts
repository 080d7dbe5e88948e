/** The bundlers of docs/bundlers.md: what a user writes for each of them, and the command that bundles. */
import { npmBinary } from "../launch/npm-binary.js";
import { toolCommand, versionOf } from "./tools.js";
import { entries, fileNames, type WorkerEntry, workerFiles } from "./worker-entries.js";

export interface Bundler {
  /** The first cell of its row. */
  readonly name: string;
  /** The second cell: what a project needs besides the import; empty if nothing. */
  readonly needs: string;
  /** Undefined if it is not installed. */
  readonly program: string | undefined;
  readonly parameters: (output: string, workers: readonly WorkerEntry[]) => readonly string[];
  /** Files of the project, by name. */
  readonly files?: (workers: readonly WorkerEntry[]) => Readonly<Record<string, string>>;
  /** The script that begins the result; undefined if the bundler writes the page too. */
  readonly entry?: string;
  /** The statement that names the script of the workers, for a bundler that does not emit their scripts by itself. */
  readonly line?: string;
  /** The format of the scripts; default CommonJS, as Node takes it. */
  readonly output?: "module";
  /** The program that runs the result; default Node. */
  readonly runtime?: string | undefined;
}

/** The script of the workers beside the program, by its address, and by its path where scripts have no address. */
const BY_ADDRESS = 'initialise({ worker: new URL("./msl-worker.js", import.meta.url) })';
const BY_PATH = 'initialise({ worker: __dirname + "/msl-worker.js" })';
const WORKER = "@memslice/msl/worker";

const PAGE = '<!doctype html><script type="module" src="./main.js"></script>';
/** Without `minBundles`, code that several workers need gets a bundle of its own, which lacks a part of the runtime of Parcel: these workers fail. */
const PARCEL =
  '{ "private": true, "@parcel/resolver-default": { "packageExports": true }, "@parcel/bundler-default": { "minBundles": 1000 } }';
const MODULE = '{ "private": true, "type": "module" }';

function viteConfiguration(workers: readonly WorkerEntry[]): string {
  const input = Object.fromEntries([["main", "main.js"], ...workers.map(({ name, module }) => [name, module])]);
  return `export default {
  ssr: { noExternal: true },
  build: { ssr: true, rollupOptions: { input: ${JSON.stringify(input)} } },
};
`;
}

const bun = npmBinary("bun", "bin/bun", "bin/bun.exe");
const deno = npmBinary("deno", "deno", "deno");

/** Without a tool, the name has no version. */
function named(tool: string, text: (version: string) => string): string {
  return text(versionOf(tool)).trim();
}

export function bundlersForPages(): readonly Bundler[] {
  return [
    {
      name: named("vite", (version) => `Vite ${version}, build`),
      needs: "",
      program: toolCommand("vite"),
      parameters: (output) => ["build", "--outDir", output],
      files: () => ({ "index.html": PAGE, "package.json": MODULE }),
    },
    {
      name: named("webpack", (version) => `webpack ${version}`),
      needs: "",
      program: toolCommand("webpack"),
      parameters: (output) => ["build", "--mode", "production", "--entry", "./main.js", "-o", output],
      files: () => ({ "package.json": MODULE }),
      entry: "main.js",
    },
    {
      name: named("parcel", (version) => `Parcel ${version}`),
      needs:
        '`"@parcel/resolver-default": { "packageExports": true }`, `"@parcel/bundler-default": { "minBundles": 1000 }` in package.json; a policy with the hash of the import map in the page',
      program: toolCommand("parcel"),
      parameters: (output) => ["build", "index.html", "--dist-dir", output, "--no-cache", "--no-autoinstall", "--no-source-maps"],
      files: () => ({
        "index.html": PAGE,
        "package.json": PARCEL,
      }),
    },
    {
      name: named("rollup", (version) => `Rollup ${version}`),
      needs: `\`@rollup/plugin-node-resolve\` with \`browser: true\`, entry \`msl-worker=${WORKER}\``,
      program: toolCommand("rollup"),
      parameters: (output, workers) => [
        ...["--input", "main=main.js", ...entries(workers, ["--input"]), "-d", output, "-f", "es"],
        ...["-p", "node-resolve={browser:true}"],
      ],
      files: () => ({ "package.json": MODULE }),
      entry: "main.js",
      line: BY_ADDRESS,
    },
    {
      name: named("esbuild", (version) => `esbuild ${version}`),
      needs: `\`--format=esm --splitting\`, entry \`msl-worker=${WORKER}\``,
      program: toolCommand("esbuild"),
      parameters: (output, workers) => [
        ...["main.js", ...entries(workers), "--bundle", "--splitting", "--format=esm", "--minify", `--outdir=${output}`],
      ],
      files: () => ({ "package.json": MODULE }),
      entry: "main.js",
      line: BY_ADDRESS,
    },
  ];
}

export function bundlersForNode(): readonly Bundler[] {
  return [
    {
      name: named("esbuild", (version) => `esbuild ${version}, ES module`),
      needs: `\`--platform=node --format=esm\`, entry \`msl-worker=${WORKER}\``,
      program: toolCommand("esbuild"),
      parameters: (output, workers) => [
        ...["main.js", ...entries(workers), "--bundle", "--platform=node", "--format=esm", `--outdir=${output}`],
      ],
      entry: "main.js",
      output: "module",
      line: BY_ADDRESS,
    },
    {
      name: named("esbuild", (version) => `esbuild ${version}, CommonJS`),
      needs: `\`--platform=node\`, entry \`msl-worker=${WORKER}\``,
      program: toolCommand("esbuild"),
      parameters: (output, workers) => ["main.js", ...entries(workers), "--bundle", "--platform=node", `--outdir=${output}`],
      entry: "main.js",
      line: BY_PATH,
    },
    {
      name: named("rollup", (version) => `Rollup ${version}`),
      needs: `\`@rollup/plugin-node-resolve\` with \`exportConditions: ["node"]\`, entry \`msl-worker=${WORKER}\``,
      program: toolCommand("rollup"),
      parameters: (output, workers) => [
        ...["--input", "main=main.js", ...entries(workers, ["--input"]), "-d", output, "-f", "es"],
        ...["-p", 'node-resolve={exportConditions:["node"],preferBuiltins:true}'],
      ],
      files: () => ({ "package.json": MODULE }),
      entry: "main.js",
      output: "module",
      line: BY_ADDRESS,
    },
    {
      name: named("vite", (version) => `Vite ${version}, SSR`),
      needs: `\`ssr: { noExternal: true }\`, entry \`msl-worker: "${WORKER}"\` in \`rollupOptions.input\``,
      program: toolCommand("vite"),
      parameters: (output) => ["build", "--outDir", output],
      files: (workers) => ({ "package.json": MODULE, "vite.config.js": viteConfiguration(workers) }),
      entry: "main.js",
      output: "module",
      line: BY_ADDRESS,
    },
    {
      name: named("webpack", (version) => `webpack ${version}, \`target: "node"\``),
      needs: "",
      program: toolCommand("webpack"),
      parameters: (output) => ["build", "--mode", "production", "--target", "node", "--entry", "./main.js", "-o", output],
      entry: "main.js",
    },
    {
      name: "`bun build --target=node`",
      needs: `entry msl-worker.js, which imports \`${WORKER}\``,
      program: bun,
      parameters: (output, workers) => ["build", "main.js", ...fileNames(workers), "--target=node", "--outdir", output],
      files: workerFiles,
      entry: "main.js",
      output: "module",
      line: BY_ADDRESS,
    },
    {
      name: "`bun build --target=bun`",
      needs: `entry msl-worker.js, which imports \`${WORKER}\``,
      program: bun,
      parameters: (output, workers) => ["build", "main.js", ...fileNames(workers), "--target=bun", "--outdir", output],
      files: workerFiles,
      entry: "main.js",
      output: "module",
      line: BY_ADDRESS,
      runtime: bun,
    },
    {
      name: "`bun build --compile`",
      needs: `entry msl-worker.js, which imports \`${WORKER}\``,
      program: bun,
      parameters: (output, workers) => ["build", "--compile", "main.js", ...fileNames(workers), "--outfile", `${output}/main`],
      files: workerFiles,
      entry: "main",
      line: BY_ADDRESS,
    },
    {
      name: "`deno compile`",
      needs: "",
      program: deno,
      parameters: (output) => [
        "compile",
        "--no-check",
        "--allow-read",
        "--allow-net",
        "--no-prompt",
        "-o",
        `${output}/main`,
        "main.js",
      ],
      entry: "main",
    },
  ];
}
