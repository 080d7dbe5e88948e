/** What holds for every command and every capture: valid JSON, no control character on the terminal, a documented status. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { faultsOf, formsOf } from "./command-faults.js";
import { allCaptures, COMMAND_LINES, everyCommand, wordsOf } from "./command-lines.js";
import { capture, mslBeside } from "./run-msl.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-every-command-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const commands = await everyCommand();
const CAPTURES = allCaptures();
const [INTACT, ALTERED, CUT_OFF, UNREADABLE] = ["ms-basic-plain", "x-flip-middle", "ms-noeoc", "x-bad-magic"] as const;
/** Captures for the commands that take one file: each kind of damage, names in many scripts, edges of the address space, and a key that lacks. */
const ONE_BY_ONE = [INTACT, ALTERED, CUT_OFF, UNREADABLE, "ms-enc-weak-argon2", "md-regions-edge", "x-region-size-huge"];
/** The statuses of the first line of a command for INTACT, ALTERED, CUT_OFF and UNREADABLE; 0, 0, 4, 3 for the other commands that take a file. */
const STATUSES: Readonly<Record<string, readonly number[]>> = {
  // Any file is memory.
  import: [0, 0, 0, 0],
  verify: [0, 1, 4, 3],
  // The blocks behind the header of UNREADABLE are complete, and the header does not match their hashes.
  repair: [0, 1, 4, 1],
  export: [0, 1, 4, 3],
  // INTACT is of version 1.0.
  lint: [1, 1, 1, 3],
  // They say what a file has, or found something in it.
  ...{
    scan: [0, 0, 0, 3],
    read: [0, 0, 0, 3],
    search: [0, 0, 0, 3],
    strings: [0, 0, 0, 3],
    entropy: [0, 0, 0, 3],
    pointers: [0, 0, 0, 3],
  },
  // Not every byte of the range was captured.
  hexdump: [4, 4, 4, 3],
  // With itself, a capture with holes is not different, and not everything could be compared.
  compare: [4, 1, 1, 3],
  // INTACT has blocks that a 1.1 producer must not write.
  transcode: [4, 1, 4, 3],
};
let outputs = 0;

function operands(files: readonly string[]) {
  const [file = ""] = files;
  return { FILES: files, FILE: [file], OTHER: [capture(INTACT)], OUT: [join(scratch, `out-${outputs++}`)] };
}

it("each command has command lines in this test, and each command line has its command", () => {
  expect(Object.keys(COMMAND_LINES).sort()).toEqual(commands.map(({ name }) => name).sort());
});

const OF_FILES = Object.entries(COMMAND_LINES).filter(([, [line = ""]]) => line.includes("FILE"));

it.each(OF_FILES)(
  "msl %s has the statuses of an intact, an altered, a cut-off and an unreadable capture",
  async (name, [line = ""]) => {
    const runs = [INTACT, ALTERED, CUT_OFF, UNREADABLE].map((file) => mslBeside(wordsOf(name, line, operands([capture(file)]))));
    expect((await Promise.all(runs)).map(({ status }) => status)).toEqual(STATUSES[name] ?? [0, 0, 4, 3]);
  },
);

describe.each(commands.map((command) => [command.name, command] as const))("msl %s", (name, command) => {
  it.each(COMMAND_LINES[name] ?? [])("%s: JSON as its schema says, no control characters, a documented status", async (line) => {
    const several = line.includes("FILES");
    const groups = several ? [CAPTURES] : line.includes("FILE") ? ONE_BY_ONE.map((file) => [capture(file)]) : [[]];
    for (const files of groups) {
      const subject = several ? "all captures" : files[0];
      const run = async (form: readonly string[]) => {
        const result = await mslBeside([...wordsOf(name, line, operands(files)), ...form]);
        expect([subject, form, faultsOf(command, form, result)]).toEqual([subject, form, []]);
        return { form, ...result };
      };
      const forms = formsOf(command, line);
      const runs: Awaited<ReturnType<typeof run>>[] = [];
      // Captures that stop the same process at the same time tell of each other.
      if (line.includes("--freeze")) for (const form of forms) runs.push(await run(form));
      else runs.push(...(await Promise.all(forms.map(run))));
      // The form of the output changes no status.
      expect([subject, new Set(runs.map(({ status }) => status)).size]).toEqual([subject, 1]);
      const lines =
        runs
          .find(({ form }) => form.includes("--ndjson"))
          ?.stdout.trimEnd()
          .split("\n") ?? [];
      if (several) expect(new Set(lines.map((text) => JSON.parse(text).file))).toEqual(new Set(files));
    }
  });
});
