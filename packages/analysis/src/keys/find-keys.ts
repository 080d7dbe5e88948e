/** Keys and certificates in memory, with their addresses. */
import { MslError } from "@memslice/msl";
import { TimeSlice } from "@memslice/msl/work";
import type { Answered } from "../asking/ask.js";
import { type Finder, type Findings, type FindingsOptions, type Found, findingsOf, foundList } from "../asking/question.js";
import type { Memory } from "../memory.js";
import { fingerprintOf } from "./fingerprint.js";
import { type KeyCandidates, LONGEST_KEY } from "./keys-looker.js";
import type { Candidate, CurveName, KeyForm, KeyKind } from "./parsed-key.js";
import { type KeyProof, type ProvenKey, proveKey } from "./prove-key.js";

/** Options of `findKeys`. */
export interface FindKeysOptions extends FindingsOptions {
  /** What is looked for. Default: every kind. */
  readonly kinds?: readonly KeyKind[];
  /** Whether results have the bytes of keys. Default false. */
  readonly showSecrets?: boolean;
  /** Whether AES schedules are looked for at every address, not only at multiples of 4, which takes four times as long. Default false. */
  readonly everyByte?: boolean;
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
export type FoundKeys = Findings<readonly FoundKey[]>;

/** Bytes of a piece: what is made to look like keys takes longer than other memory, and the event loop waits for each piece. */
const WINDOW_BYTES = 1 << 18;

const ALL_KINDS: readonly KeyKind[] = ["aes", "chacha20", "rsa", "ec", "ed25519", "x25519", "certificate"];

/**
 * Finds AES key schedules, ChaCha20 states, private keys in DER, PEM and the format of OpenSSH, and X.509 certificates. Each finding is proven as
 * `FoundKey.proof` says. Structures of up to 16 KiB are found, in PEM up to 24 KiB of text. What lies inside a private key in PKCS#8 or inside a certificate
 * is not reported again. No structure lies across a hole. Throws `usage` for an empty list of kinds, and what the memory throws.
 */
export function findKeys(memory: Memory, options: FindKeysOptions = {}): FoundKeys {
  const { kinds = ALL_KINDS, showSecrets = false, everyByte = false } = options;
  if (kinds.length === 0) throw new MslError("usage", "There is no kind of key to look for");
  const unknown = kinds.find((kind) => !ALL_KINDS.includes(kind));
  if (unknown !== undefined) {
    throw new MslError("usage", `There is no kind of key ${JSON.stringify(unknown)}, expected one of ${ALL_KINDS.join(", ")}`);
  }
  const question = { kind: "keys" as const, spec: { kinds, everyByte }, overlap: LONGEST_KEY, windowBytes: WINDOW_BYTES };
  return findingsOf(memory, question, options, () => new ProvenKeys(showSecrets, options.signal));
}

/** Proves candidates, and leaves out those that an earlier piece or an earlier structure had. */
class ProvenKeys implements Finder<KeyCandidates, readonly FoundKey[]> {
  readonly #showSecrets: boolean;
  readonly #slice: TimeSlice;
  /** Candidates before this address were seen in an earlier piece. */
  #seen = 0n;
  /** Where the last structure ends that may hold others. */
  #behindLast = 0n;

  constructor(showSecrets: boolean, signal: AbortSignal | undefined) {
    this.#showSecrets = showSecrets;
    this.#slice = new TimeSlice(signal);
  }

  async findingsOf({ address, answer }: Answered<KeyCandidates>, most: number): Promise<Found<readonly FoundKey[]>> {
    const found: FoundKey[] = [];
    for (const candidate of answer.candidates) {
      if (found.length >= most) break;
      const start = address + BigInt(candidate.offset);
      const end = start + BigInt(candidate.length);
      if (start < this.#seen || end <= this.#behindLast) continue;
      const proven = await proveKey(candidate.key);
      if (this.#slice.isSpent(proven?.units)) await this.#slice.renew();
      if (!proven) continue;
      if (candidate.form === "pkcs8" || candidate.form === "x509") this.#behindLast = end;
      found.push(foundKey(start, candidate, proven, this.#showSecrets));
    }
    const known = address + BigInt(answer.owned);
    if (known > this.#seen) this.#seen = known;
    return foundList(found);
  }
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
