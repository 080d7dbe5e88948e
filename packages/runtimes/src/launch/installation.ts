/** Installs the packages as users do: packed by npm and unpacked into a folder. Adds the programs that use the packages there. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const programs = fileURLToPath(new URL("../programs/", import.meta.url));
export const EMBEDDED = ["@memslice/core-wasm", "@memslice/msl", "@memslice/analysis"];
const YARA = "@virustotal/yara-x";
/** Programs for which the runtime itself, or a bundler of a user, resolves the packages. */
const RESOLVED_LATER = [
  "process",
  "page",
  "worker-page",
  "bundled-process",
  "bundled-page",
  "bundled-worker",
  "reading",
  "reading-edge",
  "forbidden-page",
];

export interface Installation {
  /** Contains node_modules, and in programs/ the programs for each runtime. */
  readonly folder: string;
  remove(): void;
}

export interface PackedPackage {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** Packs the packages into `folder`, as `npm publish` would upload them. */
export function packPackages(names: readonly string[], folder: string): PackedPackage[] {
  const options = ["pack", "--json", "--pack-destination", folder, ...names.flatMap((name) => ["--workspace", name])];
  return JSON.parse(execFileSync("npm", options, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
}

export async function install(): Promise<Installation> {
  const folder = mkdtempSync(join(tmpdir(), "memslice-runtimes-"));
  const remove = () => rmSync(folder, { recursive: true });
  try {
    unpackPackages(folder);
    // Users install it if they scan with YARA rules.
    cpSync(join(root, "node_modules", YARA), join(folder, "node_modules", YARA), { recursive: true });
    await bundlePrograms(folder);
    return { folder, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Makes `folder` the project of a user: packs the packages, by default those that programs use, and unpacks them there with their dependencies. */
export function unpackPackages(folder: string, names: readonly string[] = EMBEDDED): void {
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
  for (const { name, filename } of packPackages(names, folder)) unpack(folder, name, filename, names);
}

/** `packed`: the packages that need no copy, since they are unpacked, too. */
function unpack(folder: string, name: string, filename: string, packed: readonly string[]): void {
  const target = join(folder, "node_modules", name);
  mkdirSync(target, { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, filename), "-C", target, "--strip-components", "1"]);
  const manifest: { dependencies?: Record<string, string> } = JSON.parse(readFileSync(join(target, "package.json"), "utf8"));
  for (const dependency of Object.keys(manifest.dependencies ?? {})) {
    if (packed.includes(dependency)) continue;
    cpSync(join(root, "node_modules", dependency), join(folder, "node_modules", dependency), { recursive: true });
  }
}

async function bundlePrograms(folder: string): Promise<void> {
  const common = { bundle: true, format: "esm", target: "es2022", outdir: join(folder, "programs"), logLevel: "silent" } as const;
  await build({
    ...common,
    entryPoints: RESOLVED_LATER.map((name) => `${programs}${name}.ts`),
    external: ["@memslice/*", "node:*"],
  });
  // For test runners, which load modules of either format.
  for (const format of ["esm", "cjs"] as const) {
    const extension = { ".js": format === "esm" ? ".mjs" : ".cjs" };
    await build({
      ...{ ...common, format, outExtension: extension },
      ...{ entryPoints: [`${programs}in-runner.ts`], external: ["node:*"] },
    });
  }
  // A bundler resolves the packages, for browsers and as the tools of workerd do.
  const plugins = [installedIn(folder)];
  const inOneFile = ["web-worker", "unconditioned-worker"].map((name) => `${programs}${name}.ts`);
  await build({ ...common, entryPoints: inOneFile, platform: "browser", plugins });
  // Without any condition, a bundler uses the default of every imports map.
  const neutral = { "neutral-worker": `${programs}unconditioned-worker.ts` };
  await build({ ...common, entryPoints: neutral, platform: "neutral", mainFields: ["module", "main"], plugins });
  await build({
    ...common,
    entryPoints: [`${programs}workerd.ts`],
    conditions: ["workerd", "worker", "browser"],
    loader: { ".wasm": "copy" },
    plugins,
  });
}

/** Resolves the packages to the installation instead of this repository. */
function installedIn(folder: string): Plugin {
  const resolving = Symbol("resolving");
  return {
    name: "installed packages",
    setup({ onResolve, resolve }) {
      onResolve({ filter: /^@memslice\// }, ({ path, kind, pluginData }) =>
        pluginData === resolving ? undefined : resolve(path, { kind, resolveDir: folder, pluginData: resolving }),
      );
    },
  };
}
