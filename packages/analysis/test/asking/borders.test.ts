/**
 * All questions around every kind of border, against a naive reading of runs: of pages, regions, windows of threads and of decompression, holes, both
 * ends of the address space, and sparse regions of 1 TiB. Plain, compressed and encrypted captures and one or more threads give the same.
 */
import { createHash, generateKeyPairSync } from "node:crypto";
import { BytesSink, MslWriter, openCapture, pagesOf, type WriterOptions } from "@memslice/msl";
import { beforeAll, describe, expect, it } from "vitest";
import { expandKey } from "../../../core-wasm/test/support/aes-expansion.js";
import { entropy, FlatMemory, findKeys, type Memory, pointersTo, search, strings, textPattern } from "../../src/index.js";
import { runsOf, SparseMemory, type Stretch } from "../support/sparse-memory.js";

type Run = ReturnType<typeof runsOf>[number];
interface Question {
  /** What is planted at a border: found where all of it lies in one run. */
  readonly planted: Uint8Array;
  ask(memory: Memory, threads: number): Promise<readonly string[]>;
  naive(run: Run): string[];
}

const TARGET = { start: 0x1122334455667000n, end: 0x1122334455668000n };
const POINTER = 0x1122334455667788n;
const NEEDLE = Buffer.from("nee\xffdle", "latin1");
const TEXT = Buffer.concat([Buffer.from("another text", "utf16le"), Buffer.of(1), Buffer.from("a text at a border")]);
const SECRET = createHash("sha256").update("key").digest();
const SCHEDULE = expandKey(SECRET);
const DER = new Uint8Array(generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "der" }));
const WINDOW = 64;

async function listed<T>(batches: AsyncIterable<readonly T[]>, text: (one: T) => string): Promise<string[]> {
  const found: string[] = [];
  for await (const batch of batches) found.push(...batch.map(text));
  return found;
}

/** Every place of `part` in a run. */
function places({ address, bytes }: Run, part: Uint8Array): bigint[] {
  const found: bigint[] = [];
  const run = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = run.indexOf(part); at >= 0; at = run.indexOf(part, at + 1)) found.push(address + BigInt(at));
  return found;
}

const le64 = (value: bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
};

const QUESTIONS: Record<string, Question> = {
  search: {
    planted: NEEDLE,
    ask: (memory, threads) => {
      const pattern = { name: "needle", values: new Uint8Array(NEEDLE), masks: new Uint8Array(NEEDLE.length).fill(0xff) };
      return listed(search(memory, [pattern, textPattern("border")], { threads }), (one) => `${one.address} ${one.pattern}`);
    },
    naive: (run) =>
      [...places(run, NEEDLE).map((at) => [at, 0] as const), ...places(run, Buffer.from("border")).map((at) => [at, 1] as const)]
        .sort((a, b) => (a[0] < b[0] ? -1 : 1))
        .map(([at, pattern]) => `${at} ${pattern}`),
  },
  strings: {
    planted: TEXT,
    ask: (memory, threads) =>
      listed(strings(memory, { threads, encodings: ["ascii", "utf-16le"], minimum: 6 }), (one) => `${one.address} ${one.text}`),
    naive({ address, bytes }) {
      const run = Buffer.from(bytes).toString("latin1");
      // biome-ignore lint/suspicious/noControlCharactersInRegex: UTF-16 has zeros.
      return [/[\t\x20-\x7e]{6,}/g, /(?:[\t\x20-\x7e]\x00){6,}/g]
        .flatMap((pattern) => [...run.matchAll(pattern)])
        .sort((one, other) => one.index - other.index)
        .map(({ index, 0: text }) => `${address + BigInt(index)} ${text.replaceAll("\0", "")}`);
    },
  },
  pointersTo: {
    planted: le64(POINTER),
    ask: (memory, threads) =>
      listed(pointersTo(memory, TARGET, { threads, alignment: 1 }), (one) => `${one.address} ${one.value}`),
    naive: (run) => places(run, le64(POINTER)).map((at) => `${at} ${POINTER}`),
  },
  entropy: {
    planted: createHash("sha512").update("window").digest(),
    async ask(memory, threads) {
      const rows: string[] = [];
      for await (const { addresses, lengths, entropies } of entropy(memory, { threads, windowBytes: WINDOW })) {
        for (const [i, address] of addresses.entries()) rows.push(`${address} ${lengths[i]} ${entropies[i]?.toFixed(9)}`);
      }
      return rows;
    },
    naive({ address, bytes }) {
      const rows: string[] = [];
      for (let at = 0; at < bytes.length; ) {
        const end = Math.min(bytes.length, at + WINDOW - Number((address + BigInt(at)) % BigInt(WINDOW)));
        const counts = new Map<number, number>();
        for (const byte of bytes.subarray(at, end)) counts.set(byte, (counts.get(byte) ?? 0) + 1);
        let bits = 0;
        for (const count of counts.values()) bits -= (count / (end - at)) * Math.log2(count / (end - at));
        rows.push(`${address + BigInt(at)} ${end - at} ${Math.abs(bits).toFixed(9)}`);
        at = end;
      }
      return rows;
    },
  },
  findKeys: {
    planted: Buffer.concat([SCHEDULE, DER]),
    ask: (memory, threads) =>
      listed(findKeys(memory, { threads, everyByte: true }), (one) => `${one.address} ${one.kind} ${one.length}`),
    naive: (run) =>
      [
        ...places(run, SCHEDULE).map((at) => [at, `aes ${SCHEDULE.length}`] as const),
        ...places(run, DER).map((at) => [at, `ed25519 ${DER.length}`] as const),
      ]
        .sort((a, b) => (a[0] < b[0] ? -1 : 1))
        .map(([at, text]) => `${at} ${text}`),
  },
};

const naive = (question: Question, stretches: readonly Stretch[]) => runsOf(stretches).flatMap((run) => question.naive(run));

/** Bytes of low values, so that nothing is a needle, a text or a pointer by chance; a few windows differ. */
function filler(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 9)) & 0x0f);
}

/** `part` across, right before and right behind each border, apart from each other. */
function plant(bytes: Uint8Array, borders: readonly number[], part: Uint8Array): void {
  for (const border of borders) {
    const before = Math.floor(part.length / 3) + (border % 3);
    for (const at of [border - before, border - 2 * part.length - before - 5, border + part.length + 7]) {
      if (at >= 0 && at + part.length <= bytes.length) bytes.set(part, at);
    }
  }
}

const PAGE = 4096;
const MIB = 1 << 20;
const BASE = 0x7f0000000000n;
const KEY = new Uint8Array(32).fill(7);
/** Pages of three regions that touch; the second one has holes. */
const REGIONS = [
  { pages: 260, holes: [] },
  { pages: 300, holes: [3, 4, 17, 299] },
  { pages: 80, holes: [0] },
] as const;

/** The memory of the capture: where one region ends and the next begins, around holes, and around windows of 1 MiB and 256 KiB. */
function memoryOf(part: Uint8Array): Uint8Array {
  const bytes = filler(REGIONS.reduce((sum, { pages }) => sum + pages, 0) * PAGE);
  const borders = [0, PAGE, 200 * PAGE, bytes.length];
  let first = 0;
  for (const { pages, holes } of REGIONS) {
    for (const hole of holes) borders.push((first + hole) * PAGE, (first + hole + 1) * PAGE);
    first += pages;
    borders.push(first * PAGE);
  }
  for (let at = MIB; at < bytes.length; at += MIB) borders.push(at, at - part.length, at - 24 * 1024);
  // Windows of 256 KiB that repeat 24 KiB, from each of the places where a run begins.
  for (const start of [0, 265, 278, 561]) borders.push(start * PAGE + (1 << 18), start * PAGE + (1 << 18) - 24 * 1024);
  plant(bytes, borders, part);
  return bytes;
}

function stretchesOf(bytes: Uint8Array): Stretch[] {
  const list: Stretch[] = [];
  let first = 0;
  for (const { pages, holes } of REGIONS) {
    for (let page = 0; page < pages; page++) {
      const at = (first + page) * PAGE;
      const isHole = (holes as readonly number[]).includes(page);
      const content = isHole ? { length: PAGE, state: "failed" as const } : bytes.subarray(at, at + PAGE);
      list.push({ address: BASE + BigInt(at), content });
    }
    first += pages;
  }
  return list;
}

async function captureOf(bytes: Uint8Array, options: Partial<WriterOptions>) {
  const sink = new BytesSink();
  const header = { osType: "Linux", archType: "x86_64", pid: 1 } as const;
  const writer = new MslWriter(sink, { header, contents: ["ModuleListIndex", "MemoryRegion"], ...options });
  await writer.processIdentity({ ppid: 1, sessionId: 0, startTimeNs: 0n, exePath: "/bin/ls" });
  await writer.moduleListIndex({ entries: [] });
  let first = 0;
  for (const { pages, holes } of REGIONS) {
    const states = Array.from({ length: pages }, (_, page) => ({
      count: 1,
      state: (holes as readonly number[]).includes(page) ? ("failed" as const) : ("captured" as const),
    }));
    const captured = states.flatMap(({ state }, page) =>
      state === "captured" ? [bytes.subarray((first + page) * PAGE, (first + page + 1) * PAGE)] : [],
    );
    await writer.memoryRegion({
      baseAddr: BASE + BigInt(first * PAGE),
      regionSize: BigInt(pages * PAGE),
      protection: 3,
      regionType: "heap",
      pageSizeLog2: 12,
      timestampNs: 0n,
      pages: pagesOf(states),
      pageData: captured,
    });
    first += pages;
  }
  await writer.end();
  // Payloads above 256 KiB are decompressed in windows.
  return openCapture(sink.bytes(), { wholeLimit: 1 << 18, ...(options.encryption && { keys: { key: KEY } }) });
}

const CAPTURES: readonly (readonly [string, Partial<WriterOptions>])[] = [
  ["plain", {}],
  ["compressed with zstd", { compression: "zstd" }],
  ["compressed with LZ4 and encrypted", { compression: "lz4", encryption: { key: KEY } }],
];

describe.each(Object.entries(QUESTIONS))("%s", (_, question) => {
  const bytes = memoryOf(question.planted);
  let expected: readonly string[];
  beforeAll(() => {
    expected = naive(question, stretchesOf(bytes));
    expect(expected.length).toBeGreaterThan(30);
  });

  it.each(CAPTURES)(
    "finds around all borders of a capture what a naive reading finds, with any number of threads: %s",
    async (_name, options) => {
      const capture = await captureOf(bytes, options);
      for (const threads of [1, 3]) expect(await question.ask(capture.memory, threads)).toEqual(expected);
      await capture.close();
    },
  );

  it("finds what stands at address 0 and at 2^64 - 1", async () => {
    const { planted } = question;
    const image = filler(planted.length * 4 + 50);
    plant(image, [planted.length / 3, image.length], planted);
    image.set(planted, 0);
    image.set(planted, image.length - planted.length);
    for (const address of [0n, (1n << 64n) - BigInt(image.length)]) {
      const all = question.naive({ address, bytes: image });
      expect(all[0]).toMatch(new RegExp(`^${address} `));
      expect(await question.ask(new FlatMemory(image, address), 1)).toEqual(all);
    }
  });

  it("finds what stands at the ends of sparse regions of 1 TiB, and reads nothing of what they lack", async () => {
    const part = () => {
      const image = filler(3 * PAGE);
      plant(image, [0, PAGE, image.length], question.planted);
      return image;
    };
    const TIB = 1 << 30;
    const hole = (address: bigint) => ({ address, content: { length: TIB * 1024 - 3 * PAGE, state: "failed" as const } });
    const list: Stretch[] = [];
    for (let i = 0n; i < 3n; i++) {
      const base = BASE + (i << 40n);
      list.push({ address: base, content: part() }, hole(base + BigInt(3 * PAGE)));
    }
    list.push({ address: BASE + (3n << 40n), content: part() });
    const memory = new SparseMemory(list);
    expect(await question.ask(memory, 1)).toEqual(naive(question, list));
    expect(memory.reads).toBe(4);
  });
});
