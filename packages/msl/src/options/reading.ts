/** The options of the functions that read and verify captures, and of sources of bytes. */
import type { Codecs } from "../codec/codecs.js";
import type { DecodeOptions } from "../codec/decoding.js";
import type { AuthenticateOptions } from "../encryption/authenticate.js";
import type { EnvelopeOptions } from "../encryption/key-material.js";
import type { DecodeAllOptions, DecodeRange } from "../read/block-list.js";
import type { InputOptions } from "../read/capture-input.js";
import type { HeadOptions } from "../read/read-head.js";
import type { StreamOptions } from "../read/stream-block.js";
import type { CollectOptions } from "../source/chunk-queue.js";
import type { HttpOptions } from "../source/http/http-requests.js";
import type { DigestOptions } from "../verify/file-digest.js";
import type { VerifyOptions } from "../verify/passes.js";
import {
  callback,
  checksOf,
  countOf,
  either,
  flag,
  integer,
  mapOf,
  methods,
  objectOf,
  oneOf,
  signal,
  tableOf,
  text,
  without,
} from "./checks.js";
import { KEYS } from "./keys.js";
import type { LimitOptions } from "./limits.js";

/** The longest delay of a timer, in milliseconds: timers count in 32 bits. */
const TIMER_MOST = 2 ** 31 - 1;

/** The options of everything that reads over HTTP. */
export const HTTP = checksOf<HttpOptions>()({
  fetch: callback(),
  headers: either(methods<Headers>("a Headers object", "get", "forEach"), mapOf(text)),
  wholeFileLimit: countOf("bytes"),
  stallTimeout: integer(1, TIMER_MOST, "milliseconds"),
});

/** The options of `httpSource`. */
export const HTTP_SOURCE = tableOf<HttpOptions & { signal?: AbortSignal }>("httpSource")({ ...HTTP, signal });
const MOST_THREADS = 64;
/** The rule of the option `threads`: `auto`, or 1 to 64. */
export const THREADS = either(oneOf(["auto"]), integer(1, MOST_THREADS));

const LIMITS = checksOf<LimitOptions>()({
  payloadLimit: countOf("bytes"),
  wholeLimit: countOf("bytes"),
  windowLimit: countOf("bytes"),
  decodeLimit: countOf("bytes"),
  entryLimit: countOf("entries"),
  blockLimit: countOf("blocks"),
});

const DECODERS = checksOf<Partial<Codecs>>()({ zstd: callback(), lz4Frame: callback(), lz4Block: callback() });

export const DECODING = checksOf<DecodeOptions>()({ ...LIMITS, strict: flag, codecs: objectOf<Partial<Codecs>>(DECODERS) });

export const ENVELOPE = checksOf<EnvelopeOptions>()(KEYS);
export const COLLECTING = checksOf<CollectOptions>()({ encryptedStreamLimit: countOf("bytes") });
const INPUT = checksOf<InputOptions>()({ ...HTTP, signal });

/** Options of `openCapture`, which everything that opens a capture shares. */
export interface OpenOptions extends DecodeOptions, EnvelopeOptions, InputOptions {
  /** After damage, searches for the next plausible block and continues there. Such blocks are marked as salvaged. Default: stops at damage. */
  readonly salvage?: boolean;
  /**
   * Throws `changed` when bytes are read that differ from those that were read there before. So the report of `verify` holds for everything
   * that is read of the capture, before and after it, even if others write to the source. Costs up to 256 KiB of memory for each GiB, at most 4 MiB;
   * each read reads and hashes windows of 128 KiB, and longer ones above 16 GiB. Default false. Each read of an encrypted capture is compared
   * with the bytes whose tag was verified in any case.
   */
  readonly pin?: boolean;
  /**
   * Worker threads that decompress the next regions while regions are read in file order: 1 to 64, or "auto", which starts two, on machines with
   * two processors or more, after five regions were read in order. The bytes read are the same for any number. Default 1: no workers, each
   * region is decompressed by the caller's thread when it is read. The same holds with `codecs` and where the runtime has no workers.
   * Payloads that are decompressed ahead take at most twice `wholeLimit` bytes; two workers add about 35 MiB in all. Workers end
   * after the last region, when a read is aborted, and with `close`.
   */
  readonly threads?: number | "auto";
  /** Called while an encrypted capture is authenticated, for which all of it is read. */
  readonly onProgress?: NonNullable<AuthenticateOptions["onProgress"]>;
}

export const OPENING = checksOf<OpenOptions>()({
  ...DECODING,
  ...ENVELOPE,
  ...INPUT,
  salvage: flag,
  pin: flag,
  threads: THREADS,
  onProgress: callback(),
});
const VERIFYING = checksOf<VerifyOptions>()({ strict: flag, signal, onProgress: callback(), threads: THREADS, nativeHash: flag });

export const OPEN_CAPTURE = tableOf<OpenOptions>("openCapture")(OPENING);
export const INSPECT_CAPTURE = tableOf<InputOptions & HeadOptions>("inspectCapture")({ ...INPUT, strict: flag });
export const DIGEST = checksOf<DigestOptions>()({ digest: oneOf(["blake3", "sha256"]), expectDigest: text });
export const VERIFY_CAPTURE = tableOf<OpenOptions & VerifyOptions & DigestOptions>("verifyCapture")({
  ...OPENING,
  ...VERIFYING,
  ...DIGEST,
});
/** How grave a finding is. `error`: breaks a MUST of the specification. `warning`: a SHOULD, or a known dialect. `info`: information. */
export type LintLevel = "error" | "warning" | "info";

/** `openCapture` has the other options. `threads` hash. */
export interface LintOptions
  extends Omit<OpenOptions, "strict" | "pin" | "threads" | "onProgress">,
    Pick<VerifyOptions, "threads" | "nativeHash"> {
  /** The least grave findings that are given out; others are only counted. Default `info`: all. */
  readonly level?: LintLevel;
  /** Called while the capture is examined: bytes done, of twice the size of the capture. */
  readonly onProgress?: (progress: { readonly bytesDone: number; readonly bytesTotal: number }) => void;
}

export const LINT = tableOf<LintOptions>("lintCapture")({
  ...without(OPENING, "strict", "pin", "threads", "onProgress"),
  threads: THREADS,
  nativeHash: flag,
  level: oneOf(["error", "warning", "info"]),
  onProgress: callback(),
});

export const VERIFY = tableOf<VerifyOptions>("Capture.verify")(VERIFYING);
const RANGE = checksOf<DecodeRange>()({ from: countOf("blocks"), to: countOf("blocks") });

export const DECODE_ALL = tableOf<DecodeAllOptions>("Capture.decodeAll")({ ...RANGE, signal });
export const STREAM_READER = tableOf<StreamOptions>("MslReader.from")({ ...DECODING, ...ENVELOPE, ...COLLECTING, signal });
export const STREAM_DECODE_ALL = tableOf<DecodeRange>("MslReader.decodeAll")(RANGE);
