/**
 * Commands that list what is in a capture, over every capture, each opened with its key: their statuses are those that follow from what was recorded about the
 * capture when it was written.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { faultsOf } from "./command-faults.js";
import { allCaptures, everyCommand } from "./command-lines.js";
import { type RecordedCapture, recordedOf } from "./recorded-captures.js";
import { mslHere } from "./run-here.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-every-status-"));
afterAll(() => rmSync(scratch, { recursive: true }));

/** The bit of CapBitmap and the types of blocks of the commands that print tables (FORMAT: CapBitmap, registry of block types). */
const TABLES: Readonly<Record<string, readonly [bit: number, types: readonly number[]]>> = {
  maps: [0, [0x0001]],
  modules: [1, [0x0002, 0x0010]],
  threads: [2, [0x0011]],
  keys: [10, [0x0020]],
  system: [11, [0x0050]],
  processes: [12, [0x0051]],
  connections: [13, [0x0052]],
  handles: [14, [0x0053]],
};

const OTHERS: Readonly<Record<string, (recorded: RecordedCapture) => boolean>> = {
  info: (recorded) => recorded.hasUnread([0x0001]),
  blocks: () => false,
  dump: (recorded) => recorded.hasDamage,
};

/** Whether the command must say that something may be missing. */
function isIncomplete(command: string, recorded: RecordedCapture): boolean {
  const [bit, types] = TABLES[command] ?? [];
  const isLess =
    bit === undefined || types === undefined
      ? OTHERS[command]?.(recorded)
      : recorded.hasUnread(types) || recorded.lacks(bit, types);
  return recorded.isCutOff || isLess === true;
}

const commands = (await everyCommand()).filter(({ name }) => name in TABLES || name in OTHERS);
const captures = allCaptures().flatMap((file) => {
  const recorded = recordedOf(file);
  return recorded ? [{ file, recorded, keys: recorded.keyOptions(scratch) }] : [];
});

it("captures are recorded that can be opened, that cannot, and that are damaged in each way", () => {
  const statuses = captures.map(({ recorded }) => recorded.statusOfRefusal);
  expect(new Set(statuses)).toEqual(new Set([undefined, 1, 3]));
  expect(captures.filter(({ keys }) => keys.length > 0).length).toBeGreaterThan(5);
  for (const { name } of commands) expect(captures.some(({ recorded }) => isIncomplete(name, recorded))).toBe(true);
});

describe.each(commands.map((command) => [command.name, command] as const))("msl %s", (name, command) => {
  it("has the status that follows from what was recorded about each capture", { timeout: 600_000 }, async () => {
    for (const { file, recorded, keys } of captures) {
      const expected = recorded.statusOfRefusal ?? (isIncomplete(name, recorded) ? 4 : 0);
      // every-command.test.ts has the texts of captures without a key.
      for (const form of [["--json"], ...(keys.length > 0 ? [["--color", "always"]] : [])]) {
        const result = await mslHere([name, file, ...keys, ...form]);
        expect([basename(file), result.status, faultsOf(command, form, result)]).toEqual([basename(file), expected, []]);
      }
    }
  });
});
