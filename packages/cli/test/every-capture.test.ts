/**
 * Commands that take one file, over every capture of the repository and of the collection that command-lines.ts names, with the key of each: in this
 * process, since a process for each would take minutes. every-command.test.ts runs the other commands over all captures at once.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { faultsOf } from "./command-faults.js";
import { allCaptures, COLLECTION, COMMAND_LINES, everyCommand, wordsOf } from "./command-lines.js";
import { recordedOf } from "./recorded-captures.js";
import { mslHere } from "./run-here.js";
import { capture, msl } from "./run-msl.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-every-capture-"));
// Thousands of files.
afterAll(() => rmSync(scratch, { recursive: true }), 60_000);

const CAPTURES = allCaptures();
const ONE_FILE = /\bFILE\b/;

let outputs = 0;
const commands = (await everyCommand()).filter(({ name }) => COMMAND_LINES[name]?.some((line) => ONE_FILE.test(line)));

describe.each(commands.map((command) => [command.name, command] as const))("msl %s", (name, command) => {
  const lines = (COMMAND_LINES[name] ?? []).filter((line) => ONE_FILE.test(line));
  const captures = CAPTURES;
  // The engine of YARA takes 130 ms to start, twice for each capture, and 60 ms for each run of memory.
  const forms = name === "scan" ? [["--json"]] : [["--color", "always"], ["--json"]];

  it.each(lines)(
    `%s of each of ${captures.length} captures: JSON as its schema says, no control characters, a documented status`,
    { timeout: 600_000 },
    async (line) => {
      for (const file of captures) {
        const statuses = new Set<number | null>();
        const keys = "key-file" in command.options ? (recordedOf(file)?.keyOptions(scratch) ?? []) : [];
        for (const form of forms) {
          const operands = {
            FILE: [file, ...keys],
            OTHER: [capture("ms-basic-plain")],
            OUT: [join(scratch, `out-${outputs++}`)],
          };
          const result = await mslHere([...wordsOf(name, line, operands), ...form]);
          expect([basename(file), form, faultsOf(command, form, result)]).toEqual([basename(file), form, []]);
          statuses.add(result.status);
        }
        expect([basename(file), statuses.size]).toEqual([basename(file), 1]);
      }
    },
  );
});

it("a command in this process prints and ends as in a process of its own", async () => {
  for (const args of [
    ["hexdump", capture("ms-basic-plain"), "0", "16"],
    ["hexdump", capture("x-bad-magic"), "0"],
  ]) {
    expect(await mslHere(args)).toEqual(msl(args));
  }
});

it.skipIf(COLLECTION !== undefined)(
  "captures of a collection are left out: MSL_SAMPLES names none, and none is beside the repository",
  () => {
    expect(CAPTURES.length).toBeGreaterThan(100);
  },
);
