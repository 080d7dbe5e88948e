/** Keys and certificates in memory, with their addresses. */

import { MslError } from "@memslice/msl";
import { countOf, flag, listOf, oneOf, requireOptions, tableOf } from "@memslice/msl/work";
import { type Finder, type Findings, type FindingsOptions, type Found, findingsOf, foundList } from "../asking/question.js";
import type { Answered } from "../asking/spans.js";
import type { Memory } from "../memory.js";
import { FINDINGS } from "../options/questions.js";
import { fingerprintOf } from "./fingerprint.js";
import type { KeyCandidates } from "./keys-looker.js";
import { type Candidate, type CurveName, KEY_KINDS, type KeyForm, type KeyKind } from "./parsed-key.js";
import { type KeyProof, type ProvenKey, Prover } from "./prove-key.js";
import { LONGEST_KEY } from "./structures.js";

/** Options of `findKeys`. */
export interface FindKeysOptions extends FindingsOptions {
  /** What is looked for. Default: every kind. */
  readonly kinds?: readonly KeyKind[];
  /** Whether results have the bytes of keys. Default false. */
  readonly showSecrets?: boolean;
  /**
   * Whether AES schedules and ChaCha20 states are looked for at every address, not only at multiples of 4; the search for schedules takes four times as long.
   * Default false.
   */
  readonly everyByte?: boolean;
  /**
   * The most private keys on curves whose public key is computed, which takes milliseconds for each: copies of the last keys are computed once. Further
   * ones are not listed, and their bytes are `givenUp` in the coverage. Default 10,000.
   */
  readonly mostPoints?: number;
}

export const FIND_KEYS = tableOf<FindKeysOptions>("findKeys")({
  ...FINDINGS,
  kinds: listOf(oneOf(KEY_KINDS)),
  showSecrets: flag,
  everyByte: flag,
  mostPoints: countOf("keys"),
});

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
  /** What contradicts what in the structure: its numbers each other, or copies of the public key each other or the private key. */
  readonly problem?: string;
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

/** Bytes of a piece: what is made to look like keys takes longer than other memory, and its candidates are held until they are proven. */
const WINDOW_BYTES = 1 << 18;

/**
 * Finds AES key schedules, ChaCha20 states, private keys in DER, PEM and the format of OpenSSH, and X.509 certificates. Each finding has its proof,
 * which for a ChaCha20 state with a key of 32 bytes is its layout alone. AES schedules and ChaCha20 states at addresses that are no multiples of 4 are found with
 * `everyByte` only, and EC keys on the curves P-256, P-384, P-521 and secp256k1 only: `coverage.complete` says nothing about others. Structures of up to 16 KiB are found, in PEM up to 24 KiB of text. What lies inside a private key in PKCS#8 or inside a certificate
 * is not reported again. No structure lies across a hole. Throws `usage` for wrong options and an empty list of kinds, and what the memory throws.
 */
export function findKeys(memory: Memory, options: FindKeysOptions = {}): FoundKeys {
  requireOptions(FIND_KEYS, options);
  const { kinds = KEY_KINDS, showSecrets = false, everyByte = false, mostPoints = 10_000 } = options;
  if (kinds.length === 0) throw new MslError("usage", "There is no kind of key to look for");
  const question = { kind: "keys" as const, spec: { kinds, everyByte }, overlap: LONGEST_KEY, windowBytes: WINDOW_BYTES };
  return findingsOf(memory, question, options, () => new ProvenKeys(showSecrets, new Prover(mostPoints, options.signal)));
}

/** Proves candidates, and leaves out those that an earlier piece or an earlier structure had. */
class ProvenKeys implements Finder<KeyCandidates, readonly FoundKey[]> {
  readonly #showSecrets: boolean;
  readonly #prover: Prover;
  /** Candidates before this address were seen in an earlier piece. */
  #seen = 0n;
  /** Where the last structure ends that may hold others. */
  #behindLast = 0n;
  /** Where the last structure ends that was given up. */
  #givenUpTo = 0n;

  constructor(showSecrets: boolean, prover: Prover) {
    this.#showSecrets = showSecrets;
    this.#prover = prover;
  }

  async findingsOf({ address, answer }: Answered<KeyCandidates>, most: number): Promise<Found<readonly FoundKey[]>> {
    const found: FoundKey[] = [];
    let { givenUp } = answer;
    for (const candidate of answer.candidates) {
      if (found.length >= most) break;
      const start = address + BigInt(candidate.offset);
      const end = start + BigInt(candidate.length);
      if (start < this.#seen || end <= this.#behindLast) continue;
      const proven = await this.#prover.prove(candidate.key);
      if (!proven) continue;
      if (proven === "given up") {
        givenUp += this.#giveUp(start, end);
        continue;
      }
      if (candidate.form === "pkcs8" || candidate.form === "x509") this.#behindLast = end;
      found.push(foundKey(start, candidate, proven, this.#showSecrets));
    }
    const known = address + BigInt(answer.owned);
    if (known > this.#seen) this.#seen = known;
    return { ...foundList(found), givenUp };
  }

  /** Bytes of the structure that no structure before it had. */
  #giveUp(start: bigint, end: bigint): number {
    const from = start > this.#givenUpTo ? start : this.#givenUpTo;
    if (end <= from) return 0;
    this.#givenUpTo = end;
    return Number(end - from);
  }
}

function foundKey(
  address: bigint,
  { length, form, pem, key, bytes }: Candidate,
  { bits, proof, identity, problem }: ProvenKey,
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
    ...(problem !== undefined && { problem }),
    fingerprint: fingerprintOf(identity),
    ...(showSecrets && { secret: bytes }),
  };
}
