/** Digests of short messages: one call for each, and one call for many. */
import { blake3, blake3Batch } from "@memslice/core-wasm";
import { memoryLike } from "../../../captures/memory-like.js";
import { type Comparison, compare } from "../../harness/compare.js";
import type { Finding } from "../../harness/findings.js";
import { BlakeHashProcess } from "../../peers/blake-hash-process.js";
import { blake3Wasm, noble } from "../../peers/blake3.js";
import type { ScenarioOptions } from "../../scenario.js";
import { withResident } from "../../workloads/resident.js";
import { hashingPace } from "./long-messages.js";

const PAGE = 4096;
/** Number of messages in a run that hashes them one by one. */
const MESSAGES = 1000;
const BATCHED = 200_000;
const QUICK_BATCHED = 50_000;
const BATCHED_BYTES = 200;
const ONE_BY_ONE = [
  { label: "1 KiB", length: 1024, bar: { atLeast: 1.8 } },
  { label: "200 B", length: 200, bar: { atLeast: 2.5 } },
] as const;

/** Returns the digest of message number `index`. */
type Digests = (index: number) => Uint8Array | undefined;

export async function* shortMessages({ quick }: ScenarioOptions): AsyncGenerator<Finding> {
  const pace = hashingPace(quick);
  const wasm = await blake3Wasm();
  await using blakeHash = new BlakeHashProcess();
  for (const { label, length, bar } of ONE_BY_ONE) {
    const messages = messagesOf(length, MESSAGES);
    const { name, run, elsewhere } = blakeHash.digests({ bytes: Buffer.concat(messages), length });
    yield await compare<Digests>(
      {
        title: `${label}, one call each`,
        work: { amount: MESSAGES * length, unit: "bytes" },
        ours: { name: "memslice blake3", run: () => inTurn(messages, blake3) },
        peers: [
          { name: wasm.name, run: () => inTurn(messages, wasm.oneShot), bar },
          { name, run: async () => inOneArray(await run()), elsewhere },
        ],
        check: (digests) => difference(digests, messages),
      },
      pace,
    );
  }
  const count = quick ? QUICK_BATCHED : BATCHED;
  const messages = messagesOf(BATCHED_BYTES, count);
  const bytes = messages[0] ? new Uint8Array(messages[0].buffer, 0, count * BATCHED_BYTES) : new Uint8Array();
  const offsets = Uint32Array.from(messages, (message) => message.byteOffset);
  const lengths = new Uint32Array(count).fill(BATCHED_BYTES);
  yield* withResident(bytes, async function* (resident) {
    const comparison: Comparison<Digests> = {
      title: `${count} blocks of ${BATCHED_BYTES} B`,
      work: { amount: count, unit: "blocks" },
      ours: {
        name: "memslice blake3Batch, bytes in linear memory",
        run: () => inOneArray(blake3Batch(resident(), offsets, lengths)),
      },
      peers: [
        { name: "memslice blake3Batch, bytes copied in", run: () => inOneArray(blake3Batch(bytes, offsets, lengths)) },
        { name: `${wasm.name}, one by one`, run: () => inTurn(messages, wasm.oneShot), bar: { atLeast: 5 } },
      ],
      check: (digests) => difference(digests, messages),
    };
    yield await compare(comparison, pace);
  });
}

/** Consecutive messages of one length in one buffer. */
function messagesOf(length: number, count: number): Uint8Array[] {
  const bytes = memoryLike(Math.ceil((count * length) / PAGE) * PAGE);
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * length, (i + 1) * length));
}

function inTurn(messages: readonly Uint8Array[], hash: (message: Uint8Array) => Uint8Array): Digests {
  const digests = messages.map((message) => hash(message));
  return (index) => digests[index];
}

function inOneArray(digests: Uint8Array): Digests {
  return (index) => digests.subarray(32 * index, 32 * (index + 1));
}

/** Checks some hundreds of the digests, since the reference implementation is slow. */
function difference(digests: Digests, messages: readonly Uint8Array[]): string | undefined {
  const step = Math.ceil(messages.length / 500);
  for (let i = 0; i < messages.length; i += step) {
    const message = messages[i] ?? new Uint8Array();
    if (Buffer.compare(digests(i) ?? new Uint8Array(), noble.digest(message)) !== 0)
      return `gives another digest of message ${i}`;
  }
  return undefined;
}
