/** Starts each runtime, runs the checks in it against the packed packages, and reports every check of every runtime as a test. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CheckResult } from "../src/checks/check.js";
import { CHECKS } from "../src/checks/list.js";
import { serveEvidence } from "../src/launch/evidence-server.js";
import { RUNTIMES } from "../src/launch/index.js";
import { install } from "../src/launch/installation.js";
import { type Ground, RUN_TIMEOUT_MS } from "../src/launch/runtime.js";
import { runtimesPage } from "../src/page.js";

/** Time for packing, or for a run that its own time limit ends. */
const HOOK_TIMEOUT_MS = RUN_TIMEOUT_MS + 30_000;

let ground: Ground;
const results = new Map<string, readonly CheckResult[]>();

beforeAll(async () => {
  const installation = await install();
  ground = { installation, server: await serveEvidence(installation.folder) };
}, HOOK_TIMEOUT_MS);

afterAll(() => {
  ground.server.close();
  ground.installation.remove();
});

describe.each(RUNTIMES.map((runtime) => [runtime.name, runtime] as const))("%s", (name, { program, run }) => {
  const missing = program === undefined ? `${name} is not installed on this machine` : undefined;

  beforeAll(async () => {
    if (program !== undefined) results.set(name, await run(program, ground));
    // In CI, every runtime must be installed.
    else if (process.env["CI"]) throw new Error(missing);
    else console.warn(missing);
  }, HOOK_TIMEOUT_MS);

  it.for(CHECKS.map((check) => check.name))("%s", (check, { skip }) => {
    if (missing) skip(missing);
    const result = results.get(name)?.find((one) => one.name === check);
    expect(result?.outcome, result?.reason).toBeOneOf(["passed", "absent"]);
  });
});

it("docs/runtimes.md holds the results of this run (vitest --update rewrites it)", async ({ skip }) => {
  if (results.size < RUNTIMES.length) skip("not every runtime is installed on this machine");
  await expect(runtimesPage(results)).toMatchFileSnapshot("../../../docs/runtimes.md");
});
