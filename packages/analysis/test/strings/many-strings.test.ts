/** Memory in which strings begin at every second or third byte: all are found, and the event loop and signals have their turn meanwhile. */
import { expect, it } from "vitest";
import { FlatMemory, type StringEncoding, strings } from "../../src/index.js";
import { turnsDuring } from "../support/event-loop.js";

const ALL: readonly StringEncoding[] = ["ascii", "utf-8", "utf-16le", "utf-16be"];
const MIB = 1 << 20;
const repeated = (text: string, bytes: number) => new FlatMemory(Buffer.alloc(bytes, text), 0x1000n);

async function firstOf(found: ReturnType<typeof strings>): Promise<void> {
  for await (const _ of found) return;
}

it.each(ALL)("the event loop turns while the strings of one window are put together: %s", async (encoding) => {
  const text = { ascii: "A\x01", "utf-8": "é\x01", "utf-16le": "A\0\x01\x01", "utf-16be": "\0A\x01\x01" }[encoding as string];
  const memory = repeated(text ?? "", MIB);
  const work = async () => {
    // The first string is known when the whole window has been looked at.
    for (let i = 0; i < 4; i++) await firstOf(strings(memory, { minimum: 1, encodings: [encoding], threads: 1 }));
  };
  expect(await turnsDuring(work())).toBeGreaterThan(6);
});

it.each([1, 2])("an abort ends the question before the strings of the first window come (%i threads)", async (threads) => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 10);
  let batches = 0;
  const work = async () => {
    const memory = repeated("A\0\x01é\x01", 2 * MIB);
    for await (const _ of strings(memory, { minimum: 1, encodings: ALL, threads, signal: controller.signal })) batches++;
  };
  await expect(work()).rejects.toMatchObject({ code: "aborted" });
  expect(batches).toBe(0);
});

it.each([1, 2])("finds a string at every third byte, with its address, in order (%i threads)", async (threads) => {
  const length = 3 * 500_000;
  let next = 0x1000n;
  let wrong = 0;
  const encodings = ["utf-8", "ascii"] as const;
  for await (const batch of strings(repeated("é\x01", length), { minimum: 1, encodings, threads })) {
    for (const { address, length: bytes, text } of batch) {
      if (address !== next || bytes !== 2 || text !== "é") wrong++;
      next += 3n;
    }
  }
  expect([wrong, next]).toEqual([0, 0x1000n + BigInt(length)]);
});
