/**
 * Bundles and test runners of users, measured. The tools are installed by `npm run bundlers`; without them, everything here is left out.
 * `npm run bundlers -- --update` writes docs/bundlers.md.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { agree, bundlersPage, type Outcome } from "../src/bundling/bundlers-page.js";
import { type Row, rows } from "../src/bundling/rows.js";
import { toolsAreInstalled } from "../src/bundling/tools.js";
import { type UserProject, userProject } from "../src/bundling/user-project.js";

const PAGE = new URL("../../../docs/bundlers.md", import.meta.url);
const README = new URL("../../msl/README.md", import.meta.url);
/** A bundler, and a run of the checks in each situation, on a busy machine. */
const ROW_TIMEOUT_MS = 300_000;
/** How much a size may differ from the page. */
const SIZE_TOLERANCE = 0.1;
/** Commands that download a part of themselves, which a machine may not be able to do. */
const DOWNLOADS = /error sending request for url/;
const TO_DOWNLOAD =
  "Deno downloads denort, the runtime of the compiled program, from dl.deno.land when the command runs for the first time. Run it where that address can be reached, or name a copy of denort in the environment variable DENORT_BIN. CI does neither.";

const installed = toolsAreInstalled();
const outcomes = new Map<Row, Outcome>();
let project: UserProject;

beforeAll(async () => {
  if (installed) project = await userProject();
}, 120_000);
afterAll(() => project?.remove());

it("the tools of docs/bundlers.md are installed", ({ skip }) => {
  // In CI, they must be installed.
  if (!installed && !process.env["CI"]) skip("the bundlers are not installed on this machine");
  expect(installed).toBe(true);
});

describe.runIf(installed)("every bundler and runner", () => {
  it.each(installed ? rows().map((row) => [row.table, row.name, row] as const) : [])(
    "%s: %s",
    async (_table, _name, row) => {
      outcomes.set(row, { missing: "it failed" });
      try {
        outcomes.set(row, await row.measure(project));
      } catch (error) {
        if (!(error instanceof Error && DOWNLOADS.test(error.message))) throw error;
        outcomes.set(row, { missing: "the command downloads a part of itself", advice: TO_DOWNLOAD });
      }
    },
    ROW_TIMEOUT_MS,
  );

  it("the README names the settings and the line of every row", () => {
    const readme = readFileSync(README, "utf8");
    const spans = rows().flatMap(({ needs, line }) => [
      line,
      ...Array.from(needs.matchAll(/`([^`]+)`/g), ([, span = ""]) => span),
    ]);
    expect(spans.filter((span) => !readme.includes(span))).toEqual([]);
  });

  it("docs/bundlers.md holds the results of this run (--update rewrites it)", async ({ skip }) => {
    // Jest works in another way with later versions.
    skip(!process.version.startsWith("v20."), "the page is written with Node 20");
    const page = bundlersPage(outcomes);
    const kept = readFileSync(PAGE, "utf8");
    // A page that holds still keeps its sizes: they differ a little between machines.
    await expect(agree(page, kept, SIZE_TOLERANCE) ? kept : page).toMatchFileSnapshot(PAGE.pathname);
  });
});
