/** What every decoder of payloads is told: how strict, with which codecs, within which limits. */
import { CORE_CODECS, type Codecs } from "./codecs.js";
import { DecodedCache } from "./decoded-cache.js";

export interface DecodeOptions {
  /**
   * Behave as a pure 1.1 consumer: refuse what the specification tells consumers to refuse. By default known dialects are read and
   * every deviation is reported.
   */
  readonly strict?: boolean;
  /** Replaces decoders of compressed payloads. */
  readonly codecs?: Partial<Codecs>;
  /**
   * Most bytes that one payload may have after decompression, and 1,024 times the entries that one of its lists may have: decoding
   * makes an object of a few bytes. Default 1 GiB, and 1,048,576 entries; 4,096 entries are always allowed.
   */
  readonly payloadLimit?: number;
}

export interface Decoding {
  /** Of this capture alone: keys are block indexes. */
  readonly cache: DecodedCache;
  readonly strict: boolean;
  readonly codecs: Codecs;
  readonly payloadLimit: number;
  /** Most entries that one list of a payload may have. */
  readonly entryLimit: number;
}

const DEFAULT_PAYLOAD_LIMIT = 1024 * 1024 * 1024;
/** About what a decoded entry takes with its texts and deviations. */
const ENTRY_BYTES = 1024;
const ENTRIES_ALWAYS = 4096;

export function decodingOf({ strict = false, codecs = {}, payloadLimit = DEFAULT_PAYLOAD_LIMIT }: DecodeOptions): Decoding {
  return {
    cache: new DecodedCache(),
    strict,
    codecs: { ...CORE_CODECS, ...codecs },
    payloadLimit,
    entryLimit: Math.max(ENTRIES_ALWAYS, Math.floor(payloadLimit / ENTRY_BYTES)),
  };
}
