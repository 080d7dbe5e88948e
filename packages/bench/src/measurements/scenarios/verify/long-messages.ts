/** Digests of long messages on one thread. */
import { Blake3, blake3 } from "@memslice/core-wasm";
import { memoryLike } from "../../../captures/memory-like.js";
import { compare } from "../../harness/compare.js";
import type { Finding } from "../../harness/findings.js";
import type { Pace } from "../../harness/rounds.js";
import { blake3Wasm, blakeHash, hashWasm, noble, sha256 } from "../../peers/blake3.js";
import type { ScenarioOptions } from "../../scenario.js";
import { withResident } from "../../workloads/resident.js";

const MIB = 1024 * 1024;
const LONG = 64 * MIB;
const QUICK_LONG = 16 * MIB;
/** The size for @noble/hashes, which is JavaScript and would take a second for 64 MiB. */
const SHORTER = 4 * MIB;

export async function* longMessages({ quick }: ScenarioOptions): AsyncGenerator<Finding> {
  const pace = hashingPace(quick);
  const wasm = await blake3Wasm();
  const hashes = await hashWasm();
  const size = quick ? QUICK_LONG : LONG;
  const bytes = memoryLike(size);
  const sha256Digest = Buffer.from(sha256.digest(bytes));
  yield* withResident(bytes, async function* (resident) {
    yield await compare(
      {
        title: `${size / MIB} MiB, one thread`,
        work: { amount: size, unit: "bytes" },
        ours: { name: "memslice blake3, bytes in linear memory", run: () => blake3(resident()) },
        peers: [
          { name: "memslice blake3, bytes copied in", run: () => blake3(bytes) },
          { name: `${wasm.name}, in pieces of 1 MiB`, run: () => wasm.digest(bytes), bar: { atLeast: 1.2 } },
          { name: hashes.name, run: () => hashes.digest(bytes), bar: { atLeast: 2 } },
          { name: blakeHash.name, run: () => blakeHash.digest(bytes) },
          { name: sha256.name, run: () => sha256.digest(bytes), bar: { atLeast: 1.05 } },
        ],
        check: (digest) => (sha256Digest.equals(digest) ? undefined : difference(digest, noble.digest(bytes))),
      },
      pace,
    );
  });
  yield await compare(
    {
      title: "4 MiB, one thread, against JavaScript",
      work: { amount: SHORTER, unit: "bytes" },
      ours: { name: "memslice Blake3, bytes copied in", run: () => incremental(bytes.subarray(0, SHORTER)) },
      peers: [{ name: noble.name, run: () => noble.digest(bytes.subarray(0, SHORTER)) }],
      check: (digest) => difference(digest, wasm.digest(bytes.subarray(0, SHORTER))),
    },
    pace,
  );
}

function incremental(bytes: Uint8Array): Uint8Array {
  const hasher = new Blake3();
  const digest = hasher.update(bytes).digest();
  hasher.release();
  return digest;
}

function difference(digest: Uint8Array, expected: Uint8Array): string | undefined {
  return Buffer.compare(digest, expected) === 0 ? undefined : "gives another digest";
}

/** The pace of hashing. The warm-up lasts longer than compiling large kernels in the background, even on a busy machine. */
export function hashingPace(quick: boolean): Pace {
  return {
    rounds: quick ? 6 : 15,
    attempts: quick ? 1 : 3,
    warmUpSeconds: quick ? 0.25 : 1,
    leadInSeconds: quick ? 0.02 : 0.05,
    sampleSeconds: quick ? 0.03 : 0.06,
  };
}
