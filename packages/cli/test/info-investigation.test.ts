/** What `msl info` says about host, operator, case and tables, held against the values that the captures' own writers give. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { capture, msl } from "./run-msl.js";

interface Expected {
  readonly blocks: readonly { readonly typeName?: string; readonly type: number; readonly payload?: Record<string, unknown> }[];
}

const SYSTEM_CONTEXT = 0x50;
const TABLES = { processes: 0x51, connections: 0x52, handles: 0x53 } as const;

/** The fields that the writer of the capture says it wrote. */
function written(name: string) {
  const { blocks } = JSON.parse(readFileSync(capture(name).replace(/msl$/, "json"), "utf8")) as Expected;
  const payloads = (type: number) => blocks.filter((block) => block.type === type).map(({ payload }) => payload ?? {});
  const rows = (type: number) =>
    payloads(type).reduce((sum, { entries }) => sum + (Array.isArray(entries) ? entries.length : 0), 0);
  return { system: payloads(SYSTEM_CONTEXT)[0] ?? {}, rows };
}

describe.each(["md-investigation-full", "md-investigation-partial"])("msl info of %s", (name) => {
  const { system, rows } = written(name);

  it("names host, operator and case as they were written", () => {
    const { stdout } = msl(["info", capture(name)]);
    for (const [label, field] of [
      ["Host", "hostname"],
      ["Operator", "acqUser"],
      ["Case", "caseRef"],
    ] as const) {
      const value = String(system[field] ?? "");
      if (value === "") expect(stdout).not.toMatch(new RegExp(`^ {2}${label} `, "m"));
      else expect(stdout).toMatch(new RegExp(`^ {2}${label} +${value}`, "m"));
    }
  });

  it("counts the rows of the tables", () => {
    const { systems, tables } = JSON.parse(msl(["info", "--json", capture(name)]).stdout);
    expect(systems[0]?.hostname).toBe(system["hostname"]);
    for (const [table, type] of Object.entries(TABLES)) expect([table, tables[table]]).toEqual([table, rows(type)]);
  });
});

it("msl info of a capture without System Context and tables names none", () => {
  const { stdout } = msl(["info", capture("lm-basic")]);
  for (const label of ["Host", "Operator", "Case", "Tables"]) expect(stdout).not.toMatch(new RegExp(`^ {2}${label} `, "m"));
});
