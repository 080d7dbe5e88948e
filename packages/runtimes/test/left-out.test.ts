/** What `npm test` says at its end about programs that are not installed. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const VITEST = join(ROOT, "node_modules", "vitest", "vitest.mjs");
const REPORTERS = ["--reporter=default", `--reporter=${join(ROOT, "scripts", "left-out.mjs")}`];

/** Standard output of the test that needs Chromium, with the programs of `path`. */
async function outputWith(path: string): Promise<string> {
  const test = "packages/runtimes/test/forbidden-webassembly.test.ts";
  const { CI: _, ...rest } = process.env;
  const env = { ...rest, PATH: path, NO_COLOR: "1" };
  const { stdout } = await promisify(execFile)(process.execPath, [VITEST, "run", ...REPORTERS, test], { cwd: ROOT, env });
  return stdout;
}

it("npm test names in its last lines the programs that are not installed, and how to get them", {
  timeout: 120_000,
}, async () => {
  const empty = mkdtempSync(join(tmpdir(), "memslice-path-"));
  try {
    const lines = (await outputWith(empty)).trimEnd().split("\n");
    expect(lines.slice(-2)).toEqual([
      "Left out, because it is not installed on this machine:",
      expect.stringMatching(/^ {2}Chromium \(tests: 1\): .*apt-get install chromium$/),
    ]);
  } finally {
    rmSync(empty, { recursive: true });
  }
});
