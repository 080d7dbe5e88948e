/** `npm run sizes`: its tables, and its answers to wrong arguments. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { tablesOf } from "../src/sizes/tables.js";

const MAIN = new URL("../dist/sizes/main.js", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "memslice-sizes-"));
afterAll(() => rmSync(folder, { recursive: true }));

function sizes(...args: readonly string[]) {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8", env: { ...process.env, INIT_CWD: folder } });
}

it("the tables have a column for each checkout, with nothing where a checkout lacks what is measured, and the budgets of bundles", () => {
  const costs = {
    bundles: [
      { title: "new entry", values: [null, 59.96], atMost: 62 },
      { title: "old entry", values: [51, 45.04] },
    ],
    imports: [{ title: "library", values: [50, 20.25] }],
    packages: [{ title: "library, packed", values: [419, 631] }],
  };
  expect(tablesOf(["before", "now"], costs)).toBe(`| Bundle, minified, KB gzipped with WebAssembly | before | now | budget |
| --- | ---: | ---: | ---: |
| new entry |  | 60.0 | 62 |
| old entry | 51.0 | 45.0 |  |

| Import in a fresh process of Node, ms, the shortest | before | now |
| --- | ---: | ---: |
| library | 50.0 | 20.3 |

| Package, KB | before | now |
| --- | ---: | ---: |
| library, packed | 419.0 | 631.0 |
`);
});

it("the command sizes ends with status 2 and its usage for arguments that it does not know", () => {
  expect(sizes("--nonsense")).toMatchObject({
    status: 2,
    stdout: "",
    stderr: expect.stringMatching(/nonsense[\s\S]*Usage: npm run sizes/),
  });
});

it("the command sizes prints its usage for --help", () => {
  expect(sizes("--help")).toMatchObject({ status: 0, stdout: expect.stringContaining("--before DIR"), stderr: "" });
});

it("the command sizes ends with status 1 for a checkout that is not built, and says what to run there", () => {
  const { status, stderr } = sizes("--before", ".");
  expect(status).toBe(1);
  expect(stderr).toMatch(/^There is no .*index\.js: run "npm run build" in that checkout\n$/);
});
