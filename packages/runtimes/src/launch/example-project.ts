/** The project of a user who has copied the programs of the folder `examples`, and who has installed the packed packages. */
import { execFile, execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { SAMPLES_FOLDER } from "./evidence-server.js";
import { EMBEDDED, unpackPackages } from "./installation.js";

const EXAMPLES = fileURLToPath(new URL("../../../../examples", import.meta.url));
const require = createRequire(import.meta.url);
const programs = dirname(dirname(require.resolve("vite/package.json")));

/** Samples that the tests of examples give to them, by what an example has to answer. */
export const SAMPLES = {
  intact: "ms-basic-plain",
  altered: "x-flip-middle",
  truncated: "x-trunc-lastblock",
  encrypted: "ms-enc-weak-argon2",
};

export interface ExampleProject {
  readonly folder: string;
  remove(): void;
}

/** `others`: packages that the project has besides those that programs embed. */
export function exampleProject(others: readonly string[] = []): ExampleProject {
  const folder = mkdtempSync(join(tmpdir(), "memslice-examples-"));
  cpSync(EXAMPLES, folder, {
    recursive: true,
    filter: (path) => !/(node_modules|README\.md|package\.json|tsconfig\.json)$/.test(path),
  });
  unpackPackages(folder, [...EMBEDDED, ...others]);
  // As `npm init` writes it: examples must not depend on a setting that a user has to know.
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "user", type: "commonjs" }));
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}

/** Runs the line of the program's first comment that begins with `start`; `npx` finds programs of this repository. */
export function runFromComment({ folder }: ExampleProject, file: string, start: string): void {
  const lines = readFileSync(join(folder, file), "utf8").split("\n");
  const line = lines.find((text) => text.startsWith(` *   ${start}`));
  if (line === undefined) throw new Error(`No comment in ${file} begins with ${start}`);
  const [, program = "", ...parameters] = line.replace(/^ \* +/, "").split(" ");
  const env = { ...process.env, PATH: `${join(programs, ".bin")}${delimiter}${process.env["PATH"]}` };
  execFileSync(program, parameters, { cwd: folder, env, stdio: "pipe" });
}

export interface Ended {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a program in the project to its end. */
export function runProgram(
  { folder }: ExampleProject,
  program: string,
  parameters: readonly string[],
  env: Record<string, string> = {},
): Promise<Ended> {
  const options = { cwd: folder, env: { ...process.env, NO_COLOR: "1", DENO_DIR: join(folder, "deno"), ...env } };
  return new Promise((resolve) => {
    const child = execFile(program, parameters, options, (_, out, err) => resolve({ status: child.exitCode ?? -1, out, err }));
  });
}

export function samplePath(sample: string): string {
  return join(SAMPLES_FOLDER, `${sample}.msl`);
}

interface Recorded {
  readonly header: { readonly pid: number };
  readonly blocks: readonly { readonly typeName: string; readonly payload?: { readonly path?: string } }[];
  readonly integrity: { readonly verdict: string };
}

/** The recorded values of a sample that the answers of examples contain. */
export function recorded(sample: string) {
  const { header, blocks, integrity }: Recorded = JSON.parse(readFileSync(join(SAMPLES_FOLDER, `${sample}.json`), "utf8"));
  const modules = blocks.flatMap(({ typeName, payload }) => (typeName === "ModuleEntry" ? [payload?.path ?? ""] : []));
  const counts: Record<string, number> = {};
  for (const { typeName } of blocks) counts[typeName] = (counts[typeName] ?? 0) + 1;
  return { verdict: integrity.verdict, pid: header.pid, modules, counts };
}

/** The start of a capture whose second block claims almost 4 GiB, and then `bytes` bytes of that block, in chunks. */
export async function* longUpload(bytes: number): AsyncGenerator<Uint8Array> {
  const capture = readFileSync(samplePath(SAMPLES.intact));
  const header = 64;
  const start = new Uint8Array(capture.subarray(0, header + 80));
  new DataView(start.buffer).setUint32(header + 8, 0xffff_fff0, true);
  yield start;
  const chunk = new Uint8Array(1024 * 1024);
  for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk;
}

/** Most bytes of memory that a process has used so far; undefined where the system does not tell. */
export function peakMemory(pid: number | undefined): number | undefined {
  try {
    return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  } catch {
    return undefined;
  }
}
