/**
 * The digest of a whole file beside its verification (FORMAT 6.5, custody hash). It does not depend on the verdict: a file that cannot be verified, for example for lack of
 * its key, has one, too.
 */
import { open } from "node:fs/promises";
import {
  type CaptureInput,
  type DigestName,
  type DigestOptions,
  type FileDigest,
  MslError,
  type MslErrorCode,
  type VerifyReport,
} from "@memslice/msl";
import { FileDigester, openSourceOf, readAhead } from "@memslice/msl/work";
import type { Options } from "../options.js";

/** The algorithms that `--digest` takes. Both have 64 hexadecimal digits. */
export const DIGESTS: readonly DigestName[] = ["blake3", "sha256"];

/** A report; or the error in place of a report, with the digest. */
export type Verification = { readonly report: VerifyReport } | { readonly error: MslError; readonly digest: FileDigest };

/** `--digest` and `--expect`, whose digest may have its algorithm before it (`sha256:...`), as options of the library. Throws `usage`. */
export function digestOptions({ digest, expect }: Options): DigestOptions {
  const algorithm = DIGESTS.find((one) => one === digest);
  if (digest !== undefined && algorithm === undefined)
    throw new MslError("usage", `--digest takes ${DIGESTS.join(" or ")}, not ${JSON.stringify(digest)}`);
  if (expect === undefined) return algorithm ? { digest: algorithm } : {};
  const [, prefix, digits] = /^(?:(blake3|sha256):)?([0-9a-f]{64})$/i.exec(String(expect)) ?? [];
  if (digits === undefined) {
    const found = JSON.stringify(expect);
    throw new MslError("usage", `--expect takes 64 hexadecimal digits, or sha256: or blake3: and such digits, not ${found}`);
  }
  const expected = DIGESTS.find((one) => one === prefix?.toLowerCase());
  if (algorithm && expected && algorithm !== expected)
    throw new MslError("usage", `--digest ${algorithm} and --expect ${expected}:... contradict each other`);
  const named = algorithm ?? expected;
  return { ...(named && { digest: named }), expectDigest: digits };
}

/** Verifies a file with its digest. Of an algorithm that was not named, both are compared: their digests look the same. */
export async function verifiedFile(
  input: CaptureInput,
  digests: DigestOptions,
  signal: AbortSignal,
  verify: (digests: DigestOptions) => Promise<VerifyReport>,
): Promise<Verification> {
  const isAsked = Object.keys(digests).length > 0;
  /** The digest, or that of the other algorithm if no algorithm was named and the other one is the expected one. */
  const orSha256 = async (digest: FileDigest) =>
    digest.matches === false && digests.digest === undefined
      ? matching(digest, [await digestOfFile(input, { ...digests, digest: "sha256" }, signal)])
      : digest;
  try {
    const report = await verify(digests);
    return { report: report.digest ? { ...report, digest: await orSha256(report.digest) } : report };
  } catch (error) {
    if (!isAsked || !isOfBytes(error)) throw error;
    return { error, digest: await orSha256(await digestOfFile(input, digests, signal)) };
  }
}

/** `verifiedFile` for a stream, which is read once, to its end. */
export async function verifiedStream(
  stream: AsyncIterable<Uint8Array>,
  digests: DigestOptions,
  signal: AbortSignal,
  verify: (stream: AsyncIterable<Uint8Array>) => Promise<VerifyReport>,
): Promise<Verification> {
  if (Object.keys(digests).length === 0) return { report: await verify(stream) };
  const hashed = new HashedStream(stream, digests, signal);
  try {
    const report = await verify(hashed);
    return { report: { ...report, digest: await hashed.finish() } };
  } catch (error) {
    if (!isOfBytes(error)) throw error;
    return { error, digest: await hashed.finish() };
  } finally {
    hashed.release();
  }
}

/** Errors that say nothing about the bytes of the file, whose digest would then be of no use. */
const NOT_OF_BYTES: ReadonlySet<MslErrorCode> = new Set<MslErrorCode>([
  "aborted",
  "changed",
  "closed",
  "source",
  "not-permitted",
  "usage",
]);

function isOfBytes(error: unknown): error is MslError {
  return error instanceof MslError && !NOT_OF_BYTES.has(error.code);
}

/** The first digest, unless another one is the expected one. */
function matching(first: FileDigest, others: readonly FileDigest[]): FileDigest {
  return others.find(({ matches }) => matches) ?? first;
}

async function digestOfFile(input: CaptureInput, digests: DigestOptions, signal: AbortSignal): Promise<FileDigest> {
  const digester = FileDigester.of({ digest: "blake3", ...digests });
  const source = await openSourceOf(input, {});
  try {
    for await (const slab of readAhead(source, { signal })) await digester.take(slab, signal);
    if (source.size === 0 && typeof input === "string") await requireEmpty(input);
    return digester.result();
  } finally {
    digester.release();
    await source.close?.();
  }
}

/** Throws `source` for a file that has bytes although its size is 0, as those of /proc. */
async function requireEmpty(path: string): Promise<void> {
  const handle = await open(path).catch(() => undefined);
  try {
    const { bytesRead } = (await handle?.read(new Uint8Array(1), 0, 1, 0)) ?? { bytesRead: 0 };
    if (bytesRead > 0)
      throw new MslError("source", `${path} has bytes, and a size of 0: pass it as a stream, cat ${path} | msl verify -`);
  } finally {
    await handle?.close();
  }
}

/** A stream whose chunks are hashed on the way to its reader. The reader does not end it: `finish` reads what the reader leaves. */
class HashedStream implements AsyncIterable<Uint8Array> {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #digesters: readonly FileDigester[];
  readonly #signal: AbortSignal;

  constructor(stream: AsyncIterable<Uint8Array>, digests: DigestOptions, signal: AbortSignal) {
    this.#chunks = stream[Symbol.asyncIterator]();
    const unnamed = digests.expectDigest === undefined ? (["blake3"] as const) : DIGESTS;
    this.#digesters = (digests.digest ? [digests.digest] : unnamed).map((digest) => FileDigester.of({ ...digests, digest }));
    this.#signal = signal;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return { next: () => this.#next() };
  }

  /** The digest of all bytes: the expected one, if one of them is. */
  async finish(): Promise<FileDigest> {
    while (!(await this.#next()).done);
    const [first, ...others] = this.#digesters.map((digester) => digester.result());
    if (first === undefined) throw new MslError("internal", "No digest was asked for");
    return matching(first, others);
  }

  release(): void {
    for (const digester of this.#digesters) digester.release();
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    const chunk = await this.#chunks.next();
    if (!chunk.done) for (const digester of this.#digesters) await digester.take(chunk.value, this.#signal);
    return chunk;
  }
}
