/** A capture file that somebody writes to while it is questioned: an error says so, and the coverage is not complete. */
import { closeSync, mkdtempSync, openSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BytesSink, type Capture, MslWriter, openCapture } from "@memslice/msl";
import { afterAll, describe, expect, it } from "vitest";
import {
  compare,
  countMatches,
  entropy,
  findKeys,
  pointersTo,
  pointerTable,
  scanYara,
  search,
  strings,
  textPattern,
} from "../../src/index.js";

const folder = mkdtempSync(join(tmpdir(), "msl-changed-"));
afterAll(() => rmSync(folder, { recursive: true }));

const BASE = 0x10000000n;
const LENGTH = 24 << 20;
const EVERY = 4096;
/** What the second half of the memory holds behind a change. */
const OTHER = new Uint8Array(LENGTH / 2).fill(0x2e);
const NEEDLE = textPattern("needle");

function memoryBytes(): Uint8Array {
  const bytes = new Uint8Array(LENGTH).fill(0x2e);
  const needle = new TextEncoder().encode("needle");
  for (let at = 100; at < LENGTH; at += EVERY) bytes.set(needle, at);
  return bytes;
}

const content = memoryBytes();

/** A capture file with a needle in each page, long closed, and where its page data begins. */
async function captureFile(name: string, options: { readonly compression?: "zstd" } = {}): Promise<string> {
  const sink = new BytesSink();
  const writer = new MslWriter(sink, { header: { osType: 1, archType: 1, pid: 1 }, contents: ["MemoryRegion"], ...options });
  await writer.processIdentity({ ppid: 0, sessionId: 0, startTimeNs: 0n });
  await writer.moduleListIndex({ entries: [] });
  const region = { protection: 3, regionType: 5, pageSizeLog2: 12, timestampNs: 0n } as const;
  await writer.memoryRegion({ ...region, baseAddr: BASE, regionSize: BigInt(LENGTH), pageData: content });
  await writer.end();
  const path = join(folder, name);
  writeFileSync(path, sink.bytes());
  // Written an hour ago: the clock of files has steps.
  const then = Date.now() / 1000 - 3600;
  utimesSync(path, then, then);
  return path;
}

/** Overwrites the second half of the memory in place. */
function overwrite(path: string): void {
  const file = openSync(path, "r+");
  writeSync(file, OTHER, 0, OTHER.length, Math.floor(statSync(path).size / 2));
  closeSync(file);
}

const changed = expect.objectContaining({ code: "changed", message: expect.stringContaining("was changed while it was open") });

/** Takes all findings, and calls `act` behind the first batch. */
async function taken<T>(findings: AsyncIterable<readonly T[]>, act: () => void | Promise<void>): Promise<number> {
  let count = 0;
  for await (const batch of findings) {
    if (count === 0) await act();
    count += batch.length;
  }
  return count;
}

async function withCapture(path: string, use: (capture: Capture) => Promise<void>): Promise<void> {
  const capture = await openCapture(path);
  try {
    await use(capture);
  } finally {
    await capture.close();
  }
}

describe.each([1, 2, 4])("a file that is overwritten in the middle of a search with %i threads", (threads) => {
  it.each([
    ["plain", {}],
    ["compressed", { compression: "zstd" }],
  ] as const)("is told as changed (%s)", async (name, options) => {
    const path = await captureFile(`${name}-${threads}.msl`, options);
    await withCapture(path, async ({ memory }) => {
      const answer = search(memory, [NEEDLE], { threads });
      await expect(taken(answer, () => overwrite(path))).rejects.toEqual(changed);
      expect(answer.coverage.complete).toBe(false);
    });
  });

  it("is reported as changed where the search ends at its limit, and where the caller leaves it", async () => {
    const path = await captureFile(`limit-${threads}.msl`);
    await withCapture(path, async ({ memory }) => {
      const limited = search(memory, [NEEDLE], { threads, limit: 10 });
      await expect(taken(limited, () => overwrite(path))).rejects.toEqual(changed);
      expect(limited.coverage.complete).toBe(false);
    });
    await withCapture(path, async ({ memory }) => {
      const left = (async () => {
        for await (const _ of search(memory, [NEEDLE], { threads })) {
          overwrite(path);
          utimesSync(path, 1, 1);
          break;
        }
      })();
      await expect(left).rejects.toEqual(changed);
    });
  });

  it("a capture that is closed in the middle of a search ends it with an error, or with the loop that is left", async () => {
    const path = await captureFile(`closed-${threads}.msl`);
    const left = await openCapture(path);
    for await (const _ of search(left.memory, [NEEDLE], { threads })) {
      await left.close();
      break;
    }
    const closed = await openCapture(path);
    const answer = search(closed.memory, [NEEDLE], { threads });
    await expect(taken(answer, () => closed.close())).rejects.toMatchObject({ code: "source" });
    expect(answer.coverage.complete).toBe(false);
  });

  it("is reported as changed if it became shorter", async () => {
    const path = await captureFile(`shorter-${threads}.msl`);
    await withCapture(path, async ({ memory }) => {
      const answer = search(memory, [NEEDLE], { threads });
      const shorter = expect.objectContaining({ code: "changed", message: expect.stringContaining("has 5000000 bytes") });
      await expect(taken(answer, () => truncateSync(path, 5_000_000))).rejects.toEqual(shorter);
    });
  });
});

describe("a file that is overwritten while it is open", () => {
  it("is reported as changed by every question", async () => {
    const path = await captureFile("every.msl");
    const other = await captureFile("other.msl");
    await withCapture(other, async (b) => {
      const questions: ((capture: Capture) => Promise<unknown>)[] = [
        ({ memory }) => countMatches(memory, [NEEDLE]),
        ({ memory }) => taken(strings(memory), () => {}),
        ({ memory }) => taken(findKeys(memory), () => {}),
        ({ memory }) => taken(pointersTo(memory, [{ start: 0n, end: 1n }]), () => {}),
        ({ memory }) => pointerTable(memory, [{ start: BASE, end: BASE + 1n }]),
        ({ memory }) => taken(scanYara(memory, 'rule a { strings: $a = "needle" condition: $a }'), () => {}),
        async ({ memory }) => {
          for await (const _ of entropy(memory));
        },
        (capture) => taken(compare(capture, b), () => {}),
        (capture) => taken(compare(b, capture), () => {}),
      ];
      for (const [second, ask] of questions.entries()) {
        await withCapture(path, async (capture) => {
          utimesSync(path, second, second);
          await expect(ask(capture)).rejects.toEqual(changed);
        });
      }
    });
  });

  it("is searched to its end if nobody writes to it", async () => {
    const path = await captureFile("quiet.msl");
    await withCapture(path, async ({ memory }) => {
      for (const threads of [1, 2]) {
        const answer = search(memory, [NEEDLE], { threads });
        expect(await taken(answer, () => {})).toBe(LENGTH / EVERY);
        expect(answer.coverage.complete).toBe(true);
      }
    });
  });
});
