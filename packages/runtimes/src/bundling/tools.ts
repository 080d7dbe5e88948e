/** The bundlers and test runners of docs/bundlers.md: a project of its own, `packages/runtimes/tools`, that `npm run bundlers` installs. */
import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const TOOLS = fileURLToPath(new URL("../../tools/", import.meta.url));
const INSTALLED = join(TOOLS, "node_modules");

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Whether the tools are installed, in the versions of the project's manifest. */
export function toolsAreInstalled(): boolean {
  return toolNames().every((name) => existsSync(manifestOf(name)) && versionOf(name) === wantedVersion(name));
}

/** The version of a tool that is installed. */
export function versionOf(name: string): string {
  return read(manifestOf(name)).version;
}

/** The path of a command of the tools. */
export function toolCommand(name: string): string {
  return join(INSTALLED, ".bin", name);
}

/** Adds all tools to the node_modules of the project in `folder`. */
export function linkTools(folder: string): void {
  for (const name of toolNames()) {
    const link = join(folder, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(INSTALLED, name), link, "junction");
  }
}

function toolNames(): string[] {
  return Object.keys(read(join(TOOLS, "package.json")).dependencies ?? {});
}

function wantedVersion(name: string): string | undefined {
  return read(join(TOOLS, "package.json")).dependencies?.[name];
}

function manifestOf(name: string): string {
  return join(INSTALLED, name, "package.json");
}

function read(path: string): Manifest {
  return JSON.parse(readFileSync(path, "utf8"));
}
