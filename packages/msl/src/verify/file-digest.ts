/**
 * The digest of a whole file, for comparison with one that is kept elsewhere (specification, integrity: external digest). Unlike chain and FileHash it covers
 * End-of-Capture and bytes behind it, and nobody can make it anew in the file. It is computed of the bytes that a verification reads, while it reads them.
 */
import { equalBytes } from "../bytes.js";
import { MslError } from "../errors.js";
import { createHasher, HashAlgo, type HashAlgoCode, type Hasher } from "../hash/hash-algorithm.js";
import { type ProgressMeter, readAhead } from "../source/read-ahead.js";
import { readExactly, readInto, type Source } from "../source/source.js";
import { TimeSlice } from "../source/time-slice.js";
import type { DigestName, FileDigest } from "./report.js";

/** The algorithms for digests of whole files. */
const DIGEST_ALGORITHMS: Readonly<Record<DigestName, HashAlgoCode>> = { blake3: HashAlgo.Blake3, sha256: HashAlgo.Sha256 };

/** Options of `verifyCapture` and `verifyStream`. */
export interface DigestOptions {
  /** Also computes this digest of all bytes of the file, in the same pass, encrypted captures as they are stored. Default: none, or `blake3` with `expectDigest`. */
  readonly digest?: DigestName;
  /** The digest that the file has to have, 64 hexadecimal digits. The report says whether it has it. */
  readonly expectDigest?: string;
}

/** Bytes that are hashed between two looks at the clock. */
const PIECE_BYTES = 256 * 1024;
/** A look at the clock follows after each piece. */
const UNITS_PER_PIECE = 256;

/** Computes the digest of a file whose bytes are passed in order. */
export class FileDigester {
  readonly #algorithm: DigestName;
  readonly #expected: Uint8Array | null;
  readonly #hasher: Hasher;
  #bytes = 0;

  private constructor(algorithm: DigestName, expected: Uint8Array | null) {
    this.#algorithm = algorithm;
    this.#expected = expected;
    this.#hasher = createHasher(DIGEST_ALGORITHMS[algorithm]);
  }

  /** Undefined if no digest is asked for. Throws `usage` for an expected digest that is not 64 hexadecimal digits. */
  static of(options: DigestOptions & { readonly digest: DigestName }): FileDigester;
  static of(options: DigestOptions): FileDigester | undefined;
  static of({ digest, expectDigest }: DigestOptions): FileDigester | undefined {
    if (digest === undefined && expectDigest === undefined) return undefined;
    return new FileDigester(digest ?? "blake3", expectDigest === undefined ? null : digestIn(expectDigest));
  }

  /** The number of bytes so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the next bytes of the file, in slices. Throws `aborted`. */
  async take(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const slice = new TimeSlice(signal);
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      if (slice.isSpent(UNITS_PER_PIECE)) await slice.renew();
      this.#hasher.update(bytes.subarray(at, at + PIECE_BYTES));
    }
    this.#bytes += bytes.length;
  }

  /** The digest of the bytes so far. */
  result(): FileDigest {
    const digest = this.#hasher.digest();
    const expected = this.#expected;
    const matches = expected && equalBytes(digest, expected);
    return { algorithm: this.#algorithm, digest, bytes: this.#bytes, expected, matches };
  }

  /** Releases the memory of the hash. */
  release(): void {
    this.#hasher.release();
  }
}

/** The bytes of a digest in hexadecimal. Throws `usage`. */
function digestIn(text: string): Uint8Array {
  if (/^[0-9a-f]{64}$/i.test(text)) return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  throw new MslError("usage", `The expected digest is ${JSON.stringify(text)}, expected 64 hexadecimal digits`);
}

/** The digest of all bytes of a source, in a pass of its own. `meter` is called with the number of bytes done. Throws like `Source.read`. */
export async function digestOf(
  source: Source,
  algorithm: DigestName,
  signal: AbortSignal | undefined,
  meter?: ProgressMeter,
): Promise<Uint8Array> {
  const hasher = createHasher(DIGEST_ALGORITHMS[algorithm]);
  let done = 0;
  try {
    for await (const slab of readAhead(source, { signal })) {
      hasher.update(slab);
      done += slab.length;
      meter?.report(done);
    }
    return hasher.digest();
  } finally {
    hasher.release();
  }
}

/** Hashes the bytes of another source when a reader first comes to them. Bytes before the place that it has come to are not hashed again. */
export class DigestingSource implements Source {
  readonly size: number;
  readonly metered: boolean;
  readonly #source: Source;
  readonly #digester: FileDigester;
  /** Settles when the reads so far have been hashed: reads may end in another order than they begin. */
  #turn: Promise<void> = Promise.resolve();

  /** Does not close the source. */
  constructor(source: Source, digester: FileDigester) {
    this.size = source.size;
    this.metered = source.metered ?? false;
    this.#source = source;
    this.#digester = digester;
  }

  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#hashed(offset, readExactly(this.#source, offset, length, signal), signal);
  }

  async readInto(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    await this.#hashed(offset, readInto(this.#source, offset, target, signal), signal);
  }

  /** The digest of all bytes: reads those that no reader has come to. */
  async finish(signal: AbortSignal | undefined): Promise<FileDigest> {
    await this.#turn;
    for await (const slab of readAhead(this.#source, { from: this.#digester.bytes, signal }))
      await this.#digester.take(slab, signal);
    return this.#digester.result();
  }

  #hashed(offset: number, reading: Promise<Uint8Array>, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const before = this.#turn;
    const work = async () => {
      const bytes = await reading;
      await before;
      const known = this.#digester.bytes - offset;
      if (known >= 0 && known < bytes.length) await this.#digester.take(bytes.subarray(known), signal);
      return bytes;
    };
    const hashed = work();
    this.#turn = hashed.then(
      () => {},
      () => {},
    );
    return hashed;
  }
}
