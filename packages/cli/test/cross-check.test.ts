import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { capture, msl } from "./run-msl.js";

/** The first has two blocks with the same UUID, the second a key hint that points outside the page data of its region. */
const CAPTURES = [
  ["x-dup-uuid", "UUID-DUP"],
  ["ms-basic-plain", "KEY-RANGE"],
] as const;

describe("a deviation in the relations between blocks", () => {
  it.each(CAPTURES)("info -v and verify -v print of %s the deviation %s, which changes no status", (name, lint) => {
    const { status } = msl(["verify", capture(name)]);
    expect(msl(["info", "-v", capture(name)]).stdout).toMatch(new RegExp(`^ {2}Deviation +E ${lint}: .+`, "m"));
    const verified = msl(["verify", "-v", capture(name)]);
    expect(verified.stdout).toMatch(new RegExp(`^ {2}E ${lint}: .+`, "m"));
    expect(verified.status).toBe(status);
  });

  it.each(CAPTURES)("the JSON of info and verify lists for %s the deviation %s, with -v only", (name, lint) => {
    for (const command of ["info", "verify"]) {
      const { crossCheck } = JSON.parse(msl([command, "--json", "-v", capture(name)]).stdout);
      expect(crossCheck.findings.map(({ id }: { id: string }) => id)).toContain(lint);
      expect(crossCheck.count).toBe(crossCheck.findings.length);
      expect(JSON.parse(msl([command, "--json", capture(name)]).stdout).crossCheck).toBeUndefined();
    }
  });

  it("verify -v prints a deviation in relations between blocks for a capture on standard input, with the same status", () => {
    const { stdout, status } = msl(["verify", "-v", "-"], { input: readFileSync(capture("x-dup-uuid")) });
    expect(stdout).toContain("UUID-DUP");
    expect(status).toBe(msl(["verify", capture("x-dup-uuid")]).status);
  });
});
