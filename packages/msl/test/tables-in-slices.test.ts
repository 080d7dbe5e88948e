/** Payloads with long lists are decoded and shown in slices, between which a signal is heard, with the same result as at once. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Layout } from "../src/format/layout/fields.js";
import { fieldOffset } from "../src/format/layout/fields.js";
import { PAYLOAD_LAYOUTS } from "../src/format/payloads/registry.js";
import { blockJson, MslReader, MslSliceReader, openCapture } from "../src/index.js";
import { blobJsonWork, layoutJson, layoutJsonWork } from "../src/json/layout-json.js";
import { runInSlices } from "../src/source/time-slice.js";
import { captureOf } from "./build-capture.js";

const MANY = 300_000;
/** The most entries that are decoded after the signal fired, to the end of the current slice. */
const ENTRIES_UNDER_WAY = 256;

/** A table with `count` at the offset `countAt`, and behind its head `count` times the same entry. */
function tableOf(count: number, head: number, countAt: number, entry: Uint8Array): Uint8Array {
  const payload = new Uint8Array(head + count * entry.length);
  new DataView(payload.buffer).setUint32(countAt, count, true);
  for (let i = 0; i < count; i++) payload.set(entry, head + i * entry.length);
  return payload;
}

/** The first list of a table, of entries that are zero. */
function zeroEntries(table: Layout): ((count: number) => Uint8Array) | undefined {
  const list = table.fields.find((field) => field.kind === "entries");
  if (list?.kind !== "entries" || list.rule.count === undefined) return undefined;
  const countAt = fieldOffset(table, list.rule.count);
  return (count) => tableOf(count, table.minimumSize, countAt, new Uint8Array(list.layout.minimumSize));
}

const row =
  (...bytes: number[]) =>
  (count: number) =>
    tableOf(count, 8, 0, Uint8Array.from(bytes));

const TABLES: [name: string, type: number, payload: (count: number) => Uint8Array][] = [
  ...Object.entries<Layout>(PAYLOAD_LAYOUTS).flatMap(([type, table]): typeof TABLES => {
    const payload = zeroEntries(table);
    return payload ? [[table.name, Number(type), payload]] : [];
  }),
  // Rows of an unknown type.
  ["0x0055 with rows that fit a Connectivity Table", 0x55, row(0x7f, 2, 0, 1, 1)],
  ["0x0055 with rows that fit nothing", 0x55, row(1, 0, 2, 0, 1, 1)],
];

const push = Object.getOwnPropertyDescriptor(Array.prototype, "push") ?? {};
let entries = 0;

/** Counts the values that are appended to lists. Decoding an entry appends it to its list. */
beforeEach(() => {
  entries = 0;
  const append = push.value as (...given: unknown[]) => number;
  Object.defineProperty(Array.prototype, "push", {
    ...push,
    value(this: unknown[], ...given: unknown[]) {
      entries++;
      return append.apply(this, given);
    },
  });
});

afterEach(() => {
  Object.defineProperty(Array.prototype, "push", push);
});

async function abortedBy(work: (signal: AbortSignal) => Promise<unknown>, done: () => number): Promise<void> {
  const controller = new AbortController();
  let before = Number.POSITIVE_INFINITY;
  setTimeout(() => {
    before = done();
    controller.abort();
  }, 0);
  await expect(work(controller.signal)).rejects.toMatchObject({ code: "aborted" });
  expect(before).toBeGreaterThan(0);
  expect(done() - before).toBeLessThan(2 * ENTRIES_UNDER_WAY);
  expect(done()).toBeLessThan(MANY);
}

describe.each(TABLES)("%s of many entries", (_name, type, payload) => {
  it("a table of many entries is decoded in slices, between which a signal is heard", async () => {
    const capture = await openCapture(captureOf([{ type, payload: payload(MANY) }]), { entryLimit: MANY });
    const block = capture.blocks.at(0);
    entries = 0;
    await abortedBy(
      async (signal) => block?.decode(signal),
      () => entries,
    );
  });

  it("a table of many entries is the same decoded in slices and at once, and so is its JSON", async () => {
    const bytes = captureOf([{ type, payload: payload(3000) }]);
    const [atOnce] = [...new MslSliceReader(bytes)].map((block) => block.decode());
    const capture = await openCapture(bytes);
    const block = capture.blocks.at(0);
    const inSlices = await block?.decode();
    expect(inSlices).toEqual(atOnce);
    for await (const streamed of MslReader.from([bytes])) expect((await streamed.decode()).payload).toEqual(atOnce?.payload);
    if (!block || !atOnce?.table || !atOnce.payload) return;
    expect((await blockJson(block))["payload"]).toEqual(layoutJson(atOnce.table, { ...atOnce.payload }));
  });
});

it("a stream reader decodes a table of many entries in slices", async () => {
  const [, type, payload] = TABLES[0] ?? ["", 0, () => new Uint8Array(0)];
  const bytes = captureOf([{ type, payload: payload(MANY) }]);
  await abortedBy(
    async (signal) => {
      for await (const block of MslReader.from([bytes], { signal, entryLimit: MANY })) {
        entries = 0;
        await block.decode();
      }
    },
    () => entries,
  );
});

it("a table becomes JSON in slices, between which a signal is heard", async () => {
  let shown = 0;
  const entry = {
    get moduleSize() {
      shown++;
      return 1n;
    },
  };
  const entries = Array.from({ length: MANY }, () => entry);
  await abortedBy(
    (signal) => runInSlices(layoutJsonWork(PAYLOAD_LAYOUTS[0x10], { entries }), signal),
    () => shown,
  );
});

it("a long blob is hashed in pieces, and its hasher is released when the signal aborts", async () => {
  const { blake3 } = await import("@memslice/core-wasm");
  const bytes = Uint8Array.from({ length: 3 * 1024 * 1024 + 5 }, (_, i) => i * 7);
  const hex = [...blake3(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  expect(await runInSlices(blobJsonWork(bytes), undefined)).toEqual({ length: bytes.length, blake3: hex });
  const controller = new AbortController();
  let ended = false;
  function* endless() {
    try {
      for (;;) yield 1 << 18;
    } finally {
      ended = true;
    }
  }
  setTimeout(() => controller.abort(), 0);
  await expect(runInSlices(endless(), controller.signal)).rejects.toMatchObject({ code: "aborted" });
  expect(ended).toBe(true);
});
