/** Keys that the program which took the capture pointed at: Key Hints, with the bytes at their places. */
import type { KeyHint, KeyHintPayload } from "@memslice/msl";
import { requireOptions } from "@memslice/msl/work";
import { HINTED_KEYS } from "../options/patterns.js";
import { fingerprintOf } from "./fingerprint.js";

/** The key of a Key Hint. Nothing is proven about it. */
export interface HintedKey {
  /** Index of the Key Hint block. */
  readonly block: number;
  /** Type, protocol, confidence, state and note. */
  readonly hint: KeyHintPayload;
  /** Where its key is, by the rule of the capture's writer; undefined if the hint points outside of its region. */
  readonly address?: bigint;
  /** Bytes at the place: fewer than the hint says where the captured pages end. */
  readonly length: number;
  /** As that of `FoundKey` for a symmetric key: 16 hex digits, the first 8 bytes of BLAKE3 of the bytes at the place; undefined without bytes. */
  readonly fingerprint?: string;
  /** With `showSecrets`. */
  readonly secret?: Uint8Array;
}

/** Options of `hintedKeys`. */
export interface HintedKeysOptions {
  /** Whether results have the bytes of keys. Default false. */
  readonly showSecrets?: boolean;
}

/** The keys of `capture.keyHints()`. Unlike these, the results have the bytes of keys only with `showSecrets`. Throws `usage`. */
export function hintedKeys(hints: readonly KeyHint[], options: HintedKeysOptions = {}): HintedKey[] {
  requireOptions(HINTED_KEYS, options);
  const { showSecrets = false } = options;
  return hints.map(({ block, hint, candidates }) => {
    const [candidate] = candidates;
    const bytes = candidate?.bytes ?? new Uint8Array();
    return {
      block: block.index,
      hint,
      ...(candidate && { address: candidate.address }),
      length: bytes.length,
      ...(bytes.length > 0 && { fingerprint: fingerprintOf(bytes) }),
      ...(showSecrets && bytes.length > 0 && { secret: bytes }),
    };
  });
}
