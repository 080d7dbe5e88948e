import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { keysOf } from "../../bench/src/samples/recorded-values.js";
import { blake3Hex, blocksOf, hex } from "../../bench/test/independent-walk.js";
import { BytesSink, type Capture, openCapture, type Source } from "../src/index.js";
import { lintCapture } from "../src/lint.js";
import { type RepairOptions, repairCapture } from "../src/repair.js";
import { captureOf, regionPayload } from "./build-capture.js";
import { ENCRYPTED, expectation, fixtureBytes, READABLE, UNAUTHENTIC } from "./fixtures.js";
import {
  END_OF_CAPTURE,
  fates,
  IMPORT_PROVENANCE,
  REGION,
  repaired,
  requireRepaired,
  secretsOf,
  walk,
} from "./repair-support.js";
import { vectorV1 } from "./vectors.js";

/** The captured bytes of a capture: the address of each run, and its bytes. Of very large regions, the start. */
async function* capturedRuns(capture: Capture): AsyncGenerator<{ readonly address: bigint; readonly bytes: Uint8Array }> {
  for (const { baseAddr, regionSize } of await capture.regions()) {
    const length = Number(regionSize > LOOKED_AT ? LOOKED_AT : regionSize);
    for (const { address, bytes } of (await capture.memory.read(baseAddr, length)).segments) if (bytes) yield { address, bytes };
  }
}
const LOOKED_AT = 1n << 20n;

describe.each([...READABLE, ...ENCRYPTED])("%s", (name) => {
  const source = fixtureBytes(name);
  const secrets = secretsOf(name);

  it("repair gives a capture that verifies and says from what it was made", async () => {
    const result = await repaired(source, secrets);
    const capture = await requireRepaired(source, result);
    const original = await openCapture(source, { ...secrets, salvage: true });
    for (const { truncated, afterEoc, type, uuid } of original.blocks) {
      if (truncated || afterEoc || type === END_OF_CAPTURE) continue;
      const change = result.report.blocks.find((one) => one.source.uuid === uuid);
      const merged = result.report.leftOut.some((one) => one.uuid === uuid && one.reason === "merged");
      const there = (await capture.blockByUuid(uuid)) ?? (change && (await capture.blockByUuid(change.output.uuid)));
      expect([type, merged || there !== undefined]).toEqual([type, true]);
    }
    await original.close();
    await capture.close();
  });

  it("repair loses no byte of captured memory that a whole page holds", async () => {
    const result = await repaired(source, secrets);
    const [before, after] = await Promise.all([openCapture(source, { ...secrets, salvage: true }), openCapture(result.bytes)]);
    const isLost = (address: bigint) =>
      result.report.addresses.some(({ start, end }) => BigInt(start) <= address && address < BigInt(end));
    for await (const { address, bytes } of capturedRuns(before)) {
      const { segments } = await after.memory.read(address, bytes.length);
      for (const segment of segments) {
        const at = Number(segment.address - address);
        const known = bytes.subarray(at, at + Number(segment.length));
        if (segment.bytes) expect(Buffer.compare(segment.bytes, known)).toBe(0);
        else expect([segment.state, isLost(segment.address)]).toEqual([segment.state, true]);
      }
    }
    await before.close();
    await after.close();
  });
});

it("repair loses no complete block of a capture that was cut off at any byte, and its chain holds by another implementation", async () => {
  const whole = vectorV1(0);
  for (let length = 64; length <= whole.length; length++) {
    const cut = whole.slice(0, length);
    const result = await repaired(cut);
    expect([length, fates(walk(cut), result)]).toEqual([length, []]);
    const [first, ...others] = blocksOf(result.bytes, 64);
    let before = result.bytes.subarray(0, 64);
    for (const block of first ? [first, ...others] : []) {
      expect([length, block.offset, block.prevHash]).toEqual([length, block.offset, blake3Hex(before)]);
      before = block.bytes;
    }
    const end = others.at(-1);
    expect([length, end?.type]).toEqual([length, END_OF_CAPTURE]);
    expect(end && hex(end.payload.subarray(0, 32))).toBe(blake3Hex(result.bytes.subarray(0, end?.offset)));
    expect([length, result.report.complete]).toEqual([length, length === whole.length]);
  }
}, 60_000);

it.each(UNAUTHENTIC)("repair refuses %s, whose tag does not match, and writes no capture", async (name) => {
  const sink = new BytesSink();
  const keys = keysOf(expectation(name));
  await expect(repairCapture(fixtureBytes(name), sink, keys ? { keys } : {})).rejects.toMatchObject({
    code: "authentication-failed",
  });
  expect(sink.bytes().length).toBe(0);
});

/** Numbers below `most`, the same ones in each run. */
function* numbers(seed: number, most: number): Generator<number, never, undefined> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield Math.floor((state / 2 ** 32) * most);
  }
}

const DAMAGED = [
  "ms-basic-plain",
  "lm-basic",
  "md-investigation-full",
  "rf-threads-x64",
  "ms-zstd-mixed",
  "ms-investigation-full",
];

describe.each(DAMAGED)("%s, damaged", (name) => {
  const whole = fixtureBytes(name);
  const boundaries = walk(whole).map(({ end }) => end);

  it("repair loses no complete block of a capture that was cut off at a border of blocks", async () => {
    for (const end of [64, ...boundaries]) {
      const cut = whole.slice(0, end);
      const result = await repaired(cut);
      const capture = await requireRepaired(cut, result);
      expect(fates(walk(cut), result)).toEqual([]);
      await capture.close();
    }
  });

  it("repair loses no complete block of a capture that was cut off anywhere", async () => {
    const places = numbers(7, whole.length - 64);
    for (let i = 0; i < 24; i++) {
      const cut = whole.slice(0, 64 + places.next().value);
      const result = await repaired(cut);
      const capture = await requireRepaired(cut, result);
      expect(fates(walk(cut), result)).toEqual([]);
      if (cut.length < whole.length) expect(result.report.complete).toBe(false);
      await capture.close();
    }
  });

  it("repair gives a capture that verifies, and says that the source was altered, wherever a bit was flipped", async () => {
    const places = numbers(11, whole.length - 64);
    for (let i = 0; i < 24; i++) {
      const at = 64 + places.next().value;
      const altered = whole.slice();
      altered[at] = (altered[at] ?? 0) ^ (1 << (i % 8));
      const result = await repaired(altered);
      const capture = await requireRepaired(altered, result);
      expect(fates(walk(altered), result)).toEqual([]);
      const { outcome, verdict } = result.report.source.integrity ?? {};
      expect(result.report.repair.note).toContain(`source-verdict=${verdict}`);
      if (outcome === "altered") expect(result.report.repair.note).toContain("THE SOURCE WAS ALTERED");
      await capture.close();
    }
  });
});

describe("repairCapture", () => {
  it("finds the blocks behind damage, and says how many there were", async () => {
    const whole = fixtureBytes("ms-basic-plain");
    const [, second, third] = walk(whole);
    const damaged = whole.slice();
    damaged.fill(0xaa, second?.end, (second?.end ?? 0) + 40);
    const { bytes, report } = await repaired(damaged);
    const there = new Set(walk(bytes).map(({ uuid }) => uuid));
    const behind = walk(whole).slice(3, -1);
    expect(third?.end).toBeGreaterThan(0);
    expect(behind.filter(({ uuid }) => !there.has(uuid))).toEqual([]);
    expect(report.repair.salvagedBlocks).toBeGreaterThanOrEqual(behind.length);
    expect(report.repair.note).toContain(`${report.repair.salvagedBlocks} of`);
    expect(report.complete).toBe(false);
  });

  it("keeps every complete page of a region that was cut off, and no other", async () => {
    const region = regionPayload({ base: 0x10000n, states: [0, 0, 1, 0, 0], fill: 9 });
    const whole = captureOf([
      { type: 0x40, payload: new Uint8Array(24) },
      { type: REGION, payload: region },
    ]);
    const { bytes } = await repaired(whole.slice(0, whole.length - 1024 - 512));
    const capture = await openCapture(bytes);
    const [found] = await capture.regions();
    const pages = await found?.pages();
    expect([0, 1, 2, 3, 4].map((page) => pages?.stateAt(page))).toEqual(["captured", "captured", "failed", "failed", "failed"]);
    expect(Array.from((await found?.readCaptured(0n, 2048)) ?? [])).toEqual(Array(2048).fill(9));
    await capture.close();
  });

  it("copies a block that cannot be decompressed as it is stored", async () => {
    for (const name of ["x-comp-corrupt", "x-compalgo-3", "x-zstd-bomb", "x-payload-version-2", "x-block-type-0"]) {
      const source = fixtureBytes(name);
      const { bytes, report } = await repaired(source);
      const copied = report.blocks.filter(({ changes }) => changes.some(({ id }) => id === "not-specified"));
      expect([name, copied.length]).toEqual([name, 1]);
      for (const { source: from, output } of copied) {
        const payload = (all: Uint8Array, at: number) => Buffer.from(all.slice(at + 80, at + from.length));
        expect(payload(bytes, output.offset).equals(payload(source, from.offset))).toBe(true);
      }
      expect(report.repair.note).toContain("1 block copied as bytes");
    }
  });

  it("adds to the provenance of an import, and keeps what it said", async () => {
    const source = fixtureBytes("md-import-basic");
    const read = async (bytes: Uint8Array) => {
      const capture = await openCapture(bytes);
      const found = [...capture.blocks].filter(({ type }) => type === IMPORT_PROVENANCE);
      const payloads = await Promise.all(found.map(async (block) => (await block.decode()).payload));
      await capture.close();
      return payloads.flatMap((payload) => (payload?.kind === "ImportProvenance" ? [payload] : []));
    };
    const { bytes } = await repaired(source);
    const [[before], after] = await Promise.all([read(source), read(bytes)]);
    expect(after.length).toBe(1);
    const [{ note = "", ...kept } = {}] = after;
    expect(kept).toMatchObject({
      toolName: before?.toolName,
      importTimeNs: before?.importTimeNs,
      origFileSize: before?.origFileSize,
    });
    expect(note.startsWith(before?.note ?? "?")).toBe(true);
    expect(note).toContain("Repaired by test 1");
  });

  it("writes a capture in which lint finds no error, of a live capture that was cut off", async () => {
    const whole = fixtureBytes("ms-hash-sha256");
    const { bytes } = await repaired(whole.slice(0, walk(whole).at(-3)?.end));
    const linting = lintCapture(bytes, { level: "error" });
    for await (const findings of linting) expect(findings).toEqual([]);
    expect(linting.summary.verdict).toBe("chain-ok+filehash-ok");
  });

  it("encrypts the output where that is asked for, and verifies with the key", async () => {
    const key = new Uint8Array(32).fill(8);
    const { bytes } = await repaired(fixtureBytes("x-trunc-midstream"), { encryption: { key } });
    const capture = await openCapture(bytes, { keys: { key: key.slice() } });
    expect((await capture.verify()).verdict).toBe("aead-ok");
    await capture.close();
  });

  it("only reads the source file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "msl-repair-"));
    const path = join(folder, "evidence.msl");
    const bytes = fixtureBytes("x-trunc-midstream");
    await writeFile(path, bytes, { mode: 0o400 });
    const before = await stat(path);
    await repairCapture(path, new BytesSink());
    const after = await stat(path);
    expect([after.mtimeMs, after.size, after.ino]).toEqual([before.mtimeMs, before.size, before.ino]);
    expect(Buffer.compare(await readFile(path), bytes)).toBe(0);
    await rm(folder, { recursive: true });
  });

  it("refuses a source that changes between its passes", async () => {
    const states = Array.from({ length: 6000 }, () => 0);
    const bytes = captureOf([{ type: REGION, payload: regionPayload({ base: 0x10000n, states, fill: 1 }) }]);
    let passed = false;
    const source: Source = {
      size: bytes.length,
      read: async (offset, length) => {
        const copy = bytes.slice(offset, offset + length);
        if (passed) copy.fill(2);
        passed ||= offset + length === bytes.length;
        return copy;
      },
    };
    await expect(repairCapture(source, new BytesSink())).rejects.toMatchObject({ code: "changed" });
  });

  it("refuses files that are no captures, unknown options and an aborted signal, and closes the sink", async () => {
    const closed: string[] = [];
    const sink = (name: string) => ({ write: () => {}, close: async () => void closed.push(name) });
    await expect(repairCapture(new Uint8Array(100), sink("a"))).rejects.toMatchObject({ code: "not-msl" });
    const unknown = { nothing: 1 } as unknown as RepairOptions;
    await expect(repairCapture(fixtureBytes("ms-basic-plain"), sink("b"), unknown)).rejects.toMatchObject({ code: "usage" });
    const signal = AbortSignal.abort();
    await expect(repairCapture(fixtureBytes("ms-basic-plain"), sink("c"), { signal })).rejects.toMatchObject({ code: "aborted" });
    expect(closed).toEqual(["a", "b", "c"]);
  });
});
