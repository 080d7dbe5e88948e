/** Bundles that contain one import, made by esbuild as for browsers: what users download. */
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { type BuildOptions, build, type Metafile, type OutputFile, type Plugin } from "esbuild";

const PACKAGES = fileURLToPath(new URL("../../../../", import.meta.url));
/** The name that esbuild gives to the source of a bundle. Parts that are loaded on demand are entries of other names. */
const STDIN = "<stdin>";
/** Bytes of a KB in budgets. */
export const KB = 1000;

export interface BudgetedBundle {
  readonly title: string;
  /** An ES module that exports what the bundle is to contain. */
  readonly source: string;
  /** The most KB, gzipped, with WebAssembly: of the code that is loaded at once, where bundlers may split; and of all code in one file. */
  readonly atMost: { readonly first?: number; readonly oneFile?: number };
}

/** What a program needs that opens a capture, verifies it and reads its memory. */
function opening(entry: string): string {
  return `import { openCapture } from "${entry}";
export async function read(input, address, length) {
  const capture = await openCapture(input);
  await capture.verify();
  return capture.memory.read(address, length);
}`;
}

/** The budgets of docs/decisions/0015-sizes.md. */
export const BUDGETED_BUNDLES: readonly BudgetedBundle[] = [
  {
    title: "verifyStream of @memslice/msl/verify",
    source: `export { verifyStream } from "@memslice/msl/verify";`,
    atMost: { first: 48, oneFile: 48 },
  },
  {
    title: "openCapture of @memslice/msl/plain",
    source: opening("@memslice/msl/plain"),
    atMost: { first: 61, oneFile: 100 },
  },
  {
    title: "inspectCapture of @memslice/msl",
    source: `export { inspectCapture } from "@memslice/msl";`,
    atMost: { first: 48, oneFile: 44 },
  },
  { title: "openCapture of @memslice/msl", source: opening("@memslice/msl"), atMost: { first: 122, oneFile: 164 } },
  {
    title: "verifyStream of @memslice/msl",
    source: `export { verifyStream } from "@memslice/msl";`,
    atMost: { first: 58, oneFile: 101 },
  },
  { title: "all of @memslice/msl", source: `export * from "@memslice/msl";`, atMost: { first: 198, oneFile: 241 } },
];

export interface BundleSizes {
  readonly first: number;
  readonly oneFile: number;
}

/** Gzipped bytes. `packages`: the folder of the packages of a checkout. */
export async function bundleSizes(source: string, packages = PACKAGES): Promise<BundleSizes> {
  const split = await bundled(source, { splitting: true }, packages);
  const oneFile = await bundled(source, {}, packages);
  return {
    first: gzippedBytes(split, firstOutputs(split.metafile), packages),
    oneFile: gzippedBytes(oneFile, Object.keys(oneFile.metafile.outputs), packages),
  };
}

export interface BundledModule {
  /** Path of the source, from the folder of the packages. */
  readonly path: string;
  /** Minified bytes. */
  readonly bytes: number;
}

/** The modules of a bundle, the largest one first: of the sources, since the published scripts contain many modules each. */
export async function modulesOf(source: string, part: keyof BundleSizes): Promise<readonly BundledModule[]> {
  const { metafile } = await bundled(source, { splitting: part === "first", plugins: [fromSources] });
  const outputs = part === "first" ? firstOutputs(metafile) : Object.keys(metafile.outputs);
  const bytes = new Map<string, number>();
  for (const output of outputs) {
    for (const [input, { bytesInOutput }] of Object.entries(metafile.outputs[output]?.inputs ?? {})) {
      if (bytesInOutput > 0) bytes.set(input, (bytes.get(input) ?? 0) + bytesInOutput);
    }
  }
  return Array.from(bytes, ([path, count]) => ({ path, bytes: count })).sort((a, b) => b.bytes - a.bytes);
}

/** All files that a bundler loads for an import, whether or not their code is used. */
export async function filesLoadedFor(source: string): Promise<readonly string[]> {
  const { metafile } = await bundled(source, { ignoreAnnotations: true });
  return Object.keys(metafile.inputs)
    .filter((path) => path !== STDIN)
    .map((path) => join(PACKAGES, path));
}

interface Bundled {
  readonly metafile: Metafile;
  readonly outputFiles: readonly OutputFile[];
}

async function bundled(source: string, options: BuildOptions, packages = PACKAGES): Promise<Bundled> {
  return build({
    stdin: { contents: source, resolveDir: join(packages, "bench") },
    absWorkingDir: packages,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    outdir: "bundle",
    logLevel: "error",
    ...options,
    write: false,
    metafile: true,
  });
}

/** The entry and all that it imports, except on demand. */
function firstOutputs({ outputs }: Metafile): readonly string[] {
  const entry = Object.keys(outputs).find((path) => outputs[path]?.entryPoint === STDIN);
  const first = new Set(entry === undefined ? [] : [entry]);
  for (const path of first) {
    for (const imported of outputs[path]?.imports ?? []) {
      if (imported.kind === "import-statement" && imported.path in outputs) first.add(imported.path);
    }
  }
  return [...first];
}

function gzippedBytes({ outputFiles }: Bundled, outputs: readonly string[], packages: string): number {
  return outputFiles
    .filter(({ path }) => outputs.includes(relative(packages, path)))
    .reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0);
}

/** Resolves the packages, and the imports that depend on the platform, to sources in place of dist. */
const fromSources: Plugin = {
  name: "from sources",
  setup({ onResolve }) {
    onResolve({ filter: /^@memslice\// }, ({ path }) => {
      const [, home = "", entry = "index"] = /^@memslice\/([^/]+)(?:\/(.*))?$/.exec(path) ?? [];
      return { path: sourceOf(home, manifestOf(home).exports[entry === "index" ? "." : `./${entry}`]), sideEffects: false };
    });
    onResolve({ filter: /^#/ }, ({ path, importer }) => {
      const home = relative(PACKAGES, dirname(importer)).split("/")[0] ?? "";
      return { path: sourceOf(home, manifestOf(home).imports[path]), sideEffects: false };
    });
  },
};

type Target = string | Readonly<Record<string, string>> | undefined;

function manifestOf(home: string): Readonly<Record<"exports" | "imports", Readonly<Record<string, Target>>>> {
  return { exports: {}, imports: {}, ...JSON.parse(readFileSync(join(PACKAGES, home, "package.json"), "utf8")) };
}

function sourceOf(home: string, target: Target): string {
  const script = typeof target === "string" ? target : (target?.["browser"] ?? target?.["default"] ?? "");
  return join(PACKAGES, home, script.replace(/^\.\/dist\//, "src/").replace(/\.js$/, ".ts"));
}
