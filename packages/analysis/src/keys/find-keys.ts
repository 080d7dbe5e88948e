/** Keys and certificates in memory, with their addresses. */
import { MslError, type ThreadUse } from "@memslice/msl";
import { TimeSlice } from "@memslice/msl/work";
import { answersOf } from "../asking/ask.js";
import { checkBounds } from "../asking/bounds.js";
import { QuestionThreads, type ThreadsOption } from "../asking/threads.js";
import { type Coverage, CoverageCount } from "../coverage.js";
import { ADDRESS_SPACE_END, type Memory } from "../memory.js";
import { fingerprintOf } from "./fingerprint.js";
import { LONGEST_KEY } from "./keys-looker.js";
import type { Candidate, CurveName, KeyForm, KeyKind } from "./parsed-key.js";
import { type KeyProof, type ProvenKey, proveKey } from "./prove-key.js";

/** Options of `findKeys`. */
export interface FindKeysOptions extends ThreadsOption {
  /** What is looked for. Default: every kind. */
  readonly kinds?: readonly KeyKind[];
  /** Whether results have the bytes of keys. Default false. */
  readonly showSecrets?: boolean;
  /** Whether AES schedules are looked for at every address, not only at multiples of 4, which takes four times as long. Default false. */
  readonly everyByte?: boolean;
  /** The first address, and the address behind the last one. Default: the whole address space. Structures lie between them. */
  readonly from?: bigint;
  readonly to?: bigint;
  /** The most findings. Default: no limit. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** A key or a certificate in memory. */
export interface FoundKey {
  /** Where its structure begins. */
  readonly address: bigint;
  /** Bytes of the structure in memory. */
  readonly length: number;
  readonly kind: KeyKind;
  readonly form: KeyForm;
  /** Whether the structure stands in memory as text between BEGIN and END. */
  readonly pem: boolean;
  /** Size of the key in bits; of a certificate, of its public key. */
  readonly bits: number;
  /** The curve of a key of kind ec. */
  readonly curve?: CurveName;
  /** Whether a passphrase protects the private key. */
  readonly encrypted: boolean;
  readonly proof: KeyProof;
  /**
   * 16 hex digits, the same for the same key in any form at any address: the first 8 bytes of BLAKE3 of the key (aes, chacha20), of the modulus (rsa), of
   * the public key (other private keys; an uncompressed point of kind ec), or of the certificate.
   */
  readonly fingerprint: string;
  /** With `showSecrets`: the AES key; of other kinds the structure as it stands in memory, PEM decoded. */
  readonly secret?: Uint8Array;
}

/** Findings in batches, in the order of their addresses. */
export interface FoundKeys extends AsyncIterable<readonly FoundKey[]> {
  /** How much of memory was searched. Throws `usage` before the end. */
  readonly coverage: Coverage;
  /** How many threads have looked so far, and why fewer than were asked for. */
  readonly threads: ThreadUse;
}

/** Bytes of a piece: what is made to look like keys takes longer than other memory, and the event loop waits for each piece. */
const WINDOW_BYTES = 1 << 18;

const ALL_KINDS: readonly KeyKind[] = ["aes", "chacha20", "rsa", "ec", "ed25519", "x25519", "certificate"];

/**
 * Finds AES key schedules, ChaCha20 states, private keys in DER, PEM and the format of OpenSSH, and X.509 certificates. Each finding is proven as
 * `FoundKey.proof` says. Structures of up to 16 KiB are found, in PEM up to 24 KiB of text. What lies inside a private key in PKCS#8 or inside a certificate
 * is not reported again. No structure lies across a hole. Throws `usage` for an empty list of kinds, and what the memory throws.
 */
export function findKeys(memory: Memory, options: FindKeysOptions = {}): FoundKeys {
  const { kinds = ALL_KINDS, showSecrets = false, everyByte = false, limit = Number.POSITIVE_INFINITY } = options;
  checkBounds(options);
  if (kinds.length === 0) throw new MslError("usage", "There is no kind of key to look for");
  const unknown = kinds.find((kind) => !ALL_KINDS.includes(kind));
  if (unknown !== undefined) {
    throw new MslError("usage", `There is no kind of key ${JSON.stringify(unknown)}, expected one of ${ALL_KINDS.join(", ")}`);
  }
  const threads = new QuestionThreads(options.threads);
  let coverage: Coverage | undefined;
  async function* run(): AsyncGenerator<readonly FoundKey[], void, undefined> {
    const { from = 0n, to = ADDRESS_SPACE_END, signal } = options;
    const count = new CoverageCount();
    const slice = new TimeSlice(signal);
    let left = limit;
    /** Candidates before this address were seen in an earlier piece. */
    let seen = from;
    /** Where the last structure ends that may hold others. */
    let behindLast = from;
    try {
      const asked = {
        overlap: LONGEST_KEY,
        windowBytes: WINDOW_BYTES,
        from,
        to,
        threads,
        coverage: count,
        ...(signal && { signal }),
      };
      for await (const { address, answer } of answersOf(memory, "keys", { kinds, everyByte }, asked)) {
        const found: FoundKey[] = [];
        for (const candidate of answer.candidates) {
          if (found.length >= left) break;
          const start = address + BigInt(candidate.offset);
          if (start < seen || start + BigInt(candidate.length) <= behindLast) continue;
          const proven = await proveKey(candidate.key);
          if (slice.isSpent(proven?.units)) await slice.renew();
          if (!proven) continue;
          if (candidate.form === "pkcs8" || candidate.form === "x509") behindLast = start + BigInt(candidate.length);
          found.push(foundKey(start, candidate, proven, showSecrets));
        }
        const known = address + BigInt(answer.owned);
        if (known > seen) seen = known;
        left -= found.length;
        if (found.length > 0) yield found;
        if (left <= 0) {
          count.endAtLimit();
          return;
        }
      }
    } finally {
      coverage = await count.end(memory, from, to, signal);
    }
  }
  return {
    [Symbol.asyncIterator]: run,
    get threads() {
      return threads.use;
    },
    get coverage() {
      if (coverage) return coverage;
      throw new MslError("usage", "The coverage is known when all keys have been found");
    },
  };
}

function foundKey(
  address: bigint,
  { length, form, pem, key, bytes }: Candidate,
  { bits, proof, identity }: ProvenKey,
  showSecrets: boolean,
): FoundKey {
  return {
    address,
    length,
    kind: key.kind === "encrypted" ? key.of : key.kind,
    form,
    pem,
    bits,
    ...(key.kind === "ec" && { curve: key.curve }),
    encrypted: key.kind === "encrypted",
    proof,
    fingerprint: fingerprintOf(identity),
    ...(showSecrets && { secret: bytes }),
  };
}
