/** Runs bundlers. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import type { Bundler } from "./bundlers.js";
import type { Program, UserProject } from "./user-project.js";
import { ANALYSIS_WORKER, MSL_WORKER, type WorkerEntry } from "./worker-entries.js";

/** A bundler on a busy machine with two processors. */
const BUNDLE_TIMEOUT_MS = 180_000;
const KB = 1000;

/** Bundles a program; returns the folder of the result. Throws an `Error` with the output of the bundler. */
export async function bundle(project: UserProject, bundler: Bundler, program: Program): Promise<string> {
  const { name, program: command, parameters, files = () => ({}), entry, line, output: format } = bundler;
  if (command === undefined) throw new Error(`${name} is not installed on this machine`);
  const slug = `${name}-${program}`.replaceAll(/\W+/g, "-");
  const output = project.output(slug);
  const workers = program.startsWith("reading") ? [MSL_WORKER] : [MSL_WORKER, ANALYSIS_WORKER];
  const lines = line && workers.map((worker) => lineFor(worker, line)).join("\n");
  const cwd = project.application(slug, program, files(workers), lines);
  if (format === "module") writeFileSync(join(output, "package.json"), '{ "type": "module" }');
  try {
    const env = { ...process.env, NO_COLOR: "1", CI: "true", DENO_DIR: join(project.installation.folder, "deno") };
    await promisify(execFile)(command, [...parameters(output, workers)], { cwd, env, timeout: BUNDLE_TIMEOUT_MS });
  } catch (error) {
    const { message, stdout = "", stderr = "" } = error as Error & { stdout?: string; stderr?: string };
    throw new Error(`${message}\n${stderr}${stdout}`.slice(0, 4000), { cause: error });
  }
  if (entry !== undefined && !existsSync(join(output, "index.html")))
    writeFileSync(join(output, "index.html"), `<!doctype html><script type="module" src="/${entry}"></script>`);
  return output;
}

/** `line`: the statement for the workers of msl. */
function lineFor({ package: from, call, name }: WorkerEntry, line: string): string {
  const statement = line.replace("initialise(", `${call}(`).replace(MSL_WORKER.name, name);
  return `import { ${call} } from "${from}";\n${statement};`;
}

/** Kilobytes of the scripts and modules of a result, each one gzipped. `only`: their paths; default all. */
export function gzippedSize(folder: string, only?: ReadonlySet<string>): number {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => /\.([cm]?js|wasm)$/.test(path) && (only === undefined || only.has(path)));
  return paths.reduce((sum, path) => sum + gzipSync(readFileSync(join(folder, path))).length, 0) / KB;
}
