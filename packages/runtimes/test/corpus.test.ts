/** The generator of sample captures writes the same bytes in Node, Bun and Deno. */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withChild } from "../src/launch/child.js";
import { BUN, DENO, NODE } from "../src/launch/processes.js";
import { RUN_TIMEOUT_MS } from "../src/launch/runtime.js";

const GENERATOR = fileURLToPath(new URL("../../bench/dist/corpus/main.js", import.meta.url));
const CORPUS = ["--seed", "3", "--size", "256KiB"];
const folder = mkdtempSync(join(tmpdir(), "memslice-corpus-runtimes-"));
afterAll(() => rmSync(folder, { recursive: true }));

let expected: ReadonlyMap<string, string>;
beforeAll(async () => {
  expected = await corpusOf(NODE.name, process.execPath, []);
}, RUN_TIMEOUT_MS);

async function corpusOf(name: string, program: string, parameters: readonly string[]): Promise<Map<string, string>> {
  const target = join(folder, name);
  const env = { ...process.env, INIT_CWD: folder, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
  await withChild(program, [...parameters, GENERATOR, target, ...CORPUS], { cwd: folder, env }, async (child) => {
    await new Promise<void>((resolve) => child.process.on("close", () => resolve()));
  });
  return new Map(readdirSync(target).map((file) => [file, digestOf(join(target, file))]));
}

function digestOf(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

describe("the corpus of sample captures", () => {
  it("the corpus has more than 100 files in Node", () => expect(expected.size).toBeGreaterThan(100));

  it.for([
    ["Bun", BUN, ["run", "--no-install"]],
    // Only the permissions that writing files needs.
    [
      "Deno",
      DENO,
      ["run", "--allow-read", `--allow-write=${folder}`, "--allow-env", "--allow-sys=statfs", "--no-prompt", "--cached-only"],
    ],
  ] as const)(
    "the corpus has the same bytes in %s as in Node",
    { timeout: RUN_TIMEOUT_MS },
    async ([name, { program }, parameters], { skip }) => {
      if (program !== undefined) return expect(await corpusOf(name, program, parameters)).toEqual(expected);
      // In CI, every runtime must be installed.
      if (process.env["CI"]) throw new Error(`${name} is not installed on this machine`);
      return skip(`${name} is not installed on this machine`);
    },
  );
});
