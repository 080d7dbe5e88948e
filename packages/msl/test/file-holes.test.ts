/** Files that sinks write: long runs of zeros are holes, and everybody who reads the file reads the bytes that were written. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { fileSink } from "../src/index.js";
import { openUnfinished } from "../src/write/file-sink.js";

const KIB = 1024;
const MIB = KIB * KIB;
const folder = mkdtempSync(join(tmpdir(), "msl-holes-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const newPath = () => join(folder, String(files++));
const data = (length: number) => new Uint8Array(length).fill(0xa5);
const zeros = (length: number) => new Uint8Array(length);

/** A small generator with a fixed seed (Numerical Recipes): its upper bits. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe("a file sink", () => {
  it.each([
    ["zeros between data", [data(10), zeros(4 * MIB), data(10)]],
    ["zeros at the end", [data(10), zeros(4 * MIB)]],
    ["zeros alone", [zeros(4 * MIB)]],
    ["zeros in one array with data", [Buffer.concat([data(64 * KIB), zeros(4 * MIB), data(1)])]],
  ])("leaves a hole for %s", async (_, parts) => {
    const path = newPath();
    const sink = await fileSink(path, { sync: "never" });
    for (const part of parts) await sink.write(part);
    await sink.close?.();
    expect(readFileSync(path).equals(Buffer.concat(parts))).toBe(true);
    expect(statSync(path).blocks * 512).toBeLessThan(MIB);
  });

  it("has all bytes, whatever their order of zeros and data, by `write` and `writev`", async () => {
    for (let seed = 0; seed < 30; seed++) {
      const number = numbers(seed);
      const path = newPath();
      const sink = await fileSink(path, { sync: seed % 3 === 0 ? "block" : "never" });
      const expected: Uint8Array[] = [];
      for (let call = 0; call < 20; call++) {
        const part = Buffer.concat(
          Array.from({ length: number(4) }, () =>
            (number(2) === 0 ? zeros : data)([1, 4095, 4096, 65_536, 200_000][number(5)] ?? 0),
          ),
        );
        expected.push(part);
        if (number(4) === 0) await sink.writev?.([part.subarray(0, 1), part.subarray(1)]);
        else await sink.write(part);
        if (number(6) === 0) {
          await sink.flush?.();
          expect(statSync(path).size).toBe(expected.reduce((sum, { length }) => sum + length, 0));
        }
      }
      await sink.close?.();
      expect(readFileSync(path).equals(Buffer.concat(expected)), `seed ${seed}`).toBe(true);
    }
  });

  it("writes zeros to a pipe, which has no holes", async () => {
    const path = newPath();
    execFileSync("mkfifo", [path]);
    const reading = readFile(path);
    const sink = await fileSink(path, { overwrite: true, sync: "never" });
    for (const part of [data(3), zeros(MIB), data(5), zeros(MIB)]) await sink.write(part);
    await sink.close?.();
    expect((await reading).equals(Buffer.concat([data(3), zeros(MIB), data(5), zeros(MIB)]))).toBe(true);
  });

  it("writes zeros to a file that goes on behind its last complete block, where positions mean nothing", async () => {
    const path = newPath();
    writeFileSync(path, data(100));
    const unfinished = await openUnfinished(path, { sync: "never" });
    await unfinished.source.close?.();
    const sink = await unfinished.append(50);
    for (const part of [zeros(MIB), data(5), zeros(MIB)]) await sink.write(part);
    await sink.close?.();
    expect(readFileSync(path).equals(Buffer.concat([data(50), zeros(MIB), data(5), zeros(MIB)]))).toBe(true);
  });
});
