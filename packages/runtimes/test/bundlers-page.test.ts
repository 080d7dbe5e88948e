/** The page of bundlers as text, and its comparison with sizes of another run. */
import { describe, expect, it } from "vitest";
import { agree, bundlersPage, type Outcome } from "../src/bundling/bundlers-page.js";
import type { Row } from "../src/bundling/rows.js";
import { CHECKS } from "../src/checks/list.js";

const row = (table: Row["table"], name: string): Row => ({
  ...{ table, name, needs: "a setting", line: "" },
  measure: () => Promise.reject(new Error("is not called")),
});
/** Results of all checks, all passed but those that `outcomes` names. */
const run = (outcomes: Readonly<Record<string, "failed" | "absent">> = {}) =>
  CHECKS.map(({ name }) => ({
    name,
    outcome: outcomes[name] ?? ("passed" as const),
    reason: "Error: at 127.0.0.1:4711\nat line 2",
  }));
const HASHES = "hashes in all requested threads";
const BLOB = "opens a Blob, and verifies its stream";

function lineOf(one: Row, outcome: Outcome): string | undefined {
  return bundlersPage(new Map([[one, outcome]]))
    .split("\n")
    .find((line) => line.startsWith(`| ${one.name} |`));
}

describe("bundlersPage", () => {
  it("a bundler of pages has a row with its checks and threads, plain and isolated, and its sizes", () => {
    const outcome = { runs: [run({ [HASHES]: "absent" }), run({ [HASHES]: "failed" })], loaded: 99.6, emitted: 150.2 };
    expect(lineOf(row("pages", "a"), outcome)).toBe(
      "| a | a setting |  | yes | -; isolated: no | yes; isolated: yes | yes; isolated: yes | 100 | 150 |",
    );
  });

  it("a row counts checks that failed, and the page gives their reasons without ports and stacks", () => {
    const page = bundlersPage(new Map([[row("runners", "a"), { runs: [run({ [BLOB]: "failed" })] }]]));
    expect(page).toContain(`| a | a setting | ${CHECKS.length - 4} of ${CHECKS.length - 3} | yes | yes | yes |`);
    expect(page).toContain(`* a: ${BLOB}: Error: at 127.0.0.1\n`);
  });

  it("a row says that loading was refused, or why nothing was measured", () => {
    expect(lineOf(row("runners", "a"), { runs: [], refused: "because" })).toContain("| no |");
    expect(lineOf(row("pages", "a"), { missing: "it failed" })).toContain("| not measured: it failed |");
  });
});

describe("agree", () => {
  const page = "| a | yes | 100 | 200 |";

  it.each([
    ["the same page", page, true],
    ["sizes a tenth off", "| a | yes | 91 | 220 |", true],
    ["a size a fifth smaller", "| a | yes | 100 | 250 |", false],
    ["a size a fifth larger", "| a | yes | 80 | 200 |", false],
    ["another word", "| a | no | 100 | 200 |", false],
    ["a size more", "| a | yes | 100 | 200 | 3 |", false],
  ])("agree compares a page with %s: %s is %s", (_, kept, expected) => {
    expect(agree(page, kept, 0.1)).toBe(expected);
  });
});
