/** The circumstances of a measurement. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from "node:os";
import { join } from "node:path";
import { blake3 } from "@memslice/core-wasm";
import { tellsWaiting } from "./rounds.js";

export interface Environment {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly platform: string;
  readonly runtime: string;
  readonly v8: string;
  /** Installed versions by name: ours, and those of all peers. */
  readonly packages: Readonly<Record<string, string>>;
  /** BLAKE3 of core.wasm: tells builds of one version apart. */
  readonly core: string;
  /** Processes that wanted to run, on average over the last minute. */
  readonly load: number;
  /** Whether times leave out what the main thread waited for a processor. */
  readonly waitingLeftOut: boolean;
}

export function environment(): Environment {
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    platform: `${platform()} ${arch()}`,
    runtime: `Node ${process.version}`,
    v8: process.versions.v8,
    packages: packageVersions(),
    core: Buffer.from(blake3(new Uint8Array(readFileSync(require.resolve("@memslice/core-wasm/core.wasm"))))).toString("hex"),
    load: loadavg()[0] ?? 0,
    waitingLeftOut: tellsWaiting,
  };
}

const require = createRequire(import.meta.url);

/** Name and installed version, as `fzstd 0.1.1`. */
export function nameAndVersion(name: string): string {
  return `${name} ${manifestOf(name).version}`;
}

/** Folder of an installed package, whether or not it has an entry point or exports package.json. Throws an `Error` for one that is missing. */
export function packageFolder(name: string): string {
  const folders = require.resolve.paths(name) ?? [];
  const folder = folders
    .map((candidate) => join(candidate, name))
    .find((candidate) => existsSync(join(candidate, "package.json")));
  if (folder === undefined) throw new Error(`The package ${name} is not installed`);
  return folder;
}

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function manifestOf(name: string): Manifest {
  return readManifest(join(packageFolder(name), "package.json"));
}

function packageVersions(): Record<string, string> {
  const { dependencies, devDependencies } = readManifest(new URL("../../../package.json", import.meta.url));
  const names = Object.keys({ ...dependencies, ...devDependencies }).sort();
  return Object.fromEntries(names.map((name) => [name, manifestOf(name).version]));
}

function readManifest(file: string | URL): Manifest {
  return JSON.parse(readFileSync(file, "utf8"));
}
