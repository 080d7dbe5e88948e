/** The circumstances of a measurement. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from "node:os";
import { join } from "node:path";
import { tellsWaiting } from "./waiting.js";

export interface Environment {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly platform: string;
  readonly runtime: string;
  readonly v8: string;
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
    load: loadavg()[0] ?? 0,
    waitingLeftOut: tellsWaiting,
  };
}

const require = createRequire(import.meta.url);

/** Name and installed version, as `fzstd 0.1.1`. Works for packages that have no entry point, or do not export package.json. */
export function nameAndVersion(name: string): string {
  const folders = require.resolve.paths(name) ?? [];
  const file = folders.map((folder) => join(folder, name, "package.json")).find(existsSync);
  if (file === undefined) throw new Error(`The package ${name} is not installed`);
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  return `${name} ${version}`;
}
