import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

const ROOT = new URL("../../../", import.meta.url);
const FOLDER = new URL(".github/workflows/", ROOT);

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

interface Workflow {
  readonly name: string;
  readonly on: unknown;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

interface Job {
  readonly "timeout-minutes": number;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

function readWorkflow(file: string): Workflow {
  return parse(readFileSync(new URL(file, FOLDER), "utf8"));
}

describe.each(readdirSync(FOLDER))("the workflow %s", (file) => {
  const workflow = readWorkflow(file);
  const jobs = Object.values(workflow.jobs);
  const steps = jobs.flatMap((job) => job.steps);

  it("a workflow grants read permission only unless a job asks for more, and has a time limit", () => {
    expect(workflow.permissions).toEqual({ contents: "read" });
    for (const job of jobs) expect(job["timeout-minutes"]).toBeGreaterThan(0);
  });

  it("a workflow pins actions by major version, and each of its steps does one thing", () => {
    expect(steps.length).toBeGreaterThan(1);
    for (const { uses, run } of steps) {
      expect([uses, run].filter((what) => what !== undefined)).toHaveLength(1);
      if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w-]+@v\d+$/);
    }
  });

  it("a workflow runs only programs of this checkout that exist", () => {
    const commands = steps.map(({ run }) => run ?? "").join("\n");
    const { scripts } = JSON.parse(readFileSync(new URL("package.json", ROOT), "utf8")) as { scripts: Record<string, string> };
    for (const [, script] of commands.matchAll(/npm (?:--prefix \S+ )?run (?:--silent )?([\w-]+)/g)) {
      expect(scripts).toHaveProperty([script ?? ""]);
    }
    if (/\.ci\/run/.test(commands)) expect(existsSync(new URL(".ci/run", ROOT))).toBe(true);
  });
});

it("the release workflow runs all checks before it publishes, and publishes changesets with provenance", () => {
  const { permissions = {}, steps } = readWorkflow("release.yml").jobs["release"] ?? { steps: [] };
  // npm signs provenance with an identity token of the job.
  expect(permissions).toMatchObject({ "id-token": "write" });
  const publishing = steps.findIndex(({ uses }) => uses?.startsWith("changesets/action@"));
  expect(steps[publishing]).toMatchObject({
    with: { publish: "npx changeset publish" },
    env: { NPM_CONFIG_PROVENANCE: "true" },
  });
  const checks = steps.findIndex(({ run }) => run === ".ci/run");
  expect(checks).toBeGreaterThanOrEqual(0);
  expect(checks).toBeLessThan(publishing);
});
