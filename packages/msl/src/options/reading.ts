/** The options of the functions that read and verify captures, and of sources of bytes. */
import type { Codecs } from "../codec/codecs.js";
import type { DecodeOptions } from "../codec/decoding.js";
import type { EnvelopeOptions } from "../encryption/open-envelope.js";
import type { BlockJsonOptions } from "../json/block-json.js";
import type { LintOptions } from "../lint.js";
import type { DecodeAllOptions, DecodeRange } from "../read/block-list.js";
import type { InputOptions } from "../read/capture-input.js";
import type { OpenOptions } from "../read/open-capture.js";
import type { HeadOptions } from "../read/read-head.js";
import type { SliceOptions } from "../read/slice-reader.js";
import type { StreamOptions } from "../read/stream-block.js";
import type { InitialiseOptions } from "../runtime.js";
import type { CachingOptions } from "../source/caching-source.js";
import type { CollectOptions } from "../source/chunk-queue.js";
import type { CoalescingOptions } from "../source/coalescing-source.js";
import type { HttpOptions } from "../source/http/http-requests.js";
import type { StartedWorker } from "../threads/threads.js";
import type { VerifyOptions } from "../verify/passes.js";
import type { DigestOptions } from "../verify/verification.js";
import type { VerifyStreamOptions } from "../verify/verify-stream.js";
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
export const CACHING_SOURCE = tableOf<CachingOptions>("CachingSource")({
  pageSize: countOf("bytes", 1),
  maxBytes: countOf("bytes"),
});
export const COALESCING_SOURCE = tableOf<CoalescingOptions>("CoalescingSource")({
  maxGap: countOf("bytes"),
  maxLength: countOf("bytes"),
});

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

const DECODING = checksOf<DecodeOptions>()({ ...LIMITS, strict: flag, codecs: objectOf<Partial<Codecs>>(DECODERS) });

const ENVELOPE = checksOf<EnvelopeOptions>()(KEYS);
const COLLECTING = checksOf<CollectOptions>()({ encryptedStreamLimit: countOf("bytes") });
const INPUT = checksOf<InputOptions>()({ ...HTTP, signal });

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

export const INITIALISE = tableOf<InitialiseOptions>("initialise")({
  worker: either(either(text, methods<URL>("a URL", "toString", "toJSON")), callback<() => StartedWorker>()),
});
export const OPEN_CAPTURE = tableOf<OpenOptions>("openCapture")(OPENING);
export const INSPECT_CAPTURE = tableOf<InputOptions & HeadOptions>("inspectCapture")({ ...INPUT, strict: flag });
const DIGEST = checksOf<DigestOptions>()({ digest: oneOf(["blake3", "sha256"]), expectDigest: text });
export const VERIFY_CAPTURE = tableOf<OpenOptions & VerifyOptions & DigestOptions>("verifyCapture")({
  ...OPENING,
  ...VERIFYING,
  ...DIGEST,
});
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
export const VERIFY_STREAM = tableOf<VerifyStreamOptions>("verifyStream")({
  ...DECODING,
  ...ENVELOPE,
  ...COLLECTING,
  ...DIGEST,
  signal,
  onProgress: callback(),
});
export const STREAM_READER = tableOf<StreamOptions>("MslReader.from")({ ...DECODING, ...ENVELOPE, ...COLLECTING, signal });
export const STREAM_DECODE_ALL = tableOf<DecodeRange>("MslReader.decodeAll")(RANGE);
export const SLICE_READER = tableOf<SliceOptions>("MslSliceReader")({ ...DECODING, salvage: flag });
export const BLOCK_JSON = tableOf<BlockJsonOptions>("blockJson")({ digests: flag, signal });
