/** The exit status of `npm run fuzz`. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { expandingCapture } from "../src/fuzzer/expanding-capture.js";

const FUZZ = new URL("../dist/fuzzer/main.js", import.meta.url).pathname;
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "memslice-fuzz-command-"));
  // The only sample has a single kind of payload, so that few mutants reach all kinds there are.
  writeFileSync(join(folder, "one.msl"), expandingCapture("rows", 4096));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fuzz(...args: readonly string[]) {
  const { status, stdout } = spawnSync(process.execPath, [FUZZ, "--captures", folder, "--runs", "60", ...args], {
    encoding: "utf8",
    env: { ...process.env, INIT_CWD: folder },
  });
  return { status, stdout };
}

it("the fuzzer ends with status 0 if every outcome is allowed, and with 1 if reading needs too much memory", {
  timeout: 180_000,
}, () => {
  const allowed = fuzz();
  expect(allowed.stdout).toMatch(/60 runs in \d+ s, 0 findings/);
  expect(allowed.status).toBe(0);
  const tooMuch = fuzz("--memory", "0");
  expect(tooMuch.stdout).toContain("NEEDS TOO MUCH");
  expect(tooMuch.stdout).toMatch(/60 runs in \d+ s, 0 findings/);
  expect(tooMuch.status).toBe(1);
});
