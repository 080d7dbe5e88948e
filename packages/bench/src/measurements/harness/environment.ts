/** The machine, runtime and package versions of a measurement. */
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
  /** Installed versions by package name: our packages and all peers. */
  readonly packages: Readonly<Record<string, string>>;
  /** BLAKE3 of core.wasm: distinguishes builds of the same version. */
  readonly core: string;
  /** Load average of the last minute: the mean number of processes that run or wait for a processor. */
  readonly load: number;
  /** Whether measured times exclude the time that the main thread waited for a processor. */
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

/** Name and installed version, such as `fzstd 0.1.1`. */
export function nameAndVersion(name: string): string {
  return `${name} ${manifestOf(name).version}`;
}

/**
 * Folder of an installed package, even of one that has no entry point or does not export package.json. Throws an `Error` if it is not
 * installed.
 */
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
