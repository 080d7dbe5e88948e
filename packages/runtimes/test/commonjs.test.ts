/** How a CommonJS program loads the packed packages. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { unpackPackages } from "../src/launch/installation.js";

const ENTRIES = ["@memslice/msl", "@memslice/msl/read", "@memslice/msl/plain", "@memslice/msl/verify", "@memslice/core-wasm"];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "memslice-commonjs-"));
  unpackPackages(folder);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a CommonJS program in Node; returns standard output, or rejects with standard error in the message. */
async function run(program: string, options: readonly string[] = []): Promise<string> {
  const path = join(folder, "program.cjs");
  writeFileSync(path, program);
  return (await promisify(execFile)(process.execPath, [...options, path], { cwd: folder })).stdout.trim();
}

it.runIf("require_module" in process.features).each(ENTRIES)("require('%s') returns what import() resolves to", async (entry) => {
  const program = `const required = require("${entry}");
import("${entry}").then((imported) => console.log(required === imported && Object.keys(required).length > 3));`;
  expect(await run(program, ["--no-warnings"])).toBe("true");
});

it("where Node cannot require modules, its error says to use import(), which works there", async () => {
  const withoutRequire = ["--no-experimental-require-module"];
  await expect(run('require("@memslice/msl");', withoutRequire)).rejects.toThrow(/ERR_REQUIRE_ESM|dynamic import\(\)/);
  const program = 'import("@memslice/msl").then(({ openCapture }) => console.log(typeof openCapture));';
  expect(await run(program, withoutRequire)).toBe("function");
});
