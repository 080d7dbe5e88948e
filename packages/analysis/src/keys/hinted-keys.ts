/** Keys that the program which took the capture pointed at: Key Hints, with the bytes at their places. */
import type { KeyCandidate, KeyHint, KeyHintPayload } from "@memslice/msl";
import { flag, requireOptions, tableOf } from "@memslice/msl/work";
import { fingerprintOf } from "./fingerprint.js";
import { maskedNote } from "./masked-note.js";

/** The key of a Key Hint, at one of the places that the hint can mean. Nothing is proven about it. */
export interface HintedKey {
  /** Index of the Key Hint block. */
  readonly block: number;
  /** Type, protocol, confidence, state and note. Without `showSecrets`, keys in the note are hidden (`maskedNote`). */
  readonly hint: KeyHintPayload;
  /** Where the key is; undefined if the hint points outside of its region. */
  readonly address?: bigint;
  /** How RegionOffset was interpreted, where there is an address. */
  readonly reading?: KeyCandidate["reading"];
  /** Whether the hint can mean another place as well (KEY-AMBIGUOUS). Each place with captured bytes has an entry of its own. */
  readonly ambiguous: boolean;
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

export const HINTED_KEYS = tableOf<HintedKeysOptions>("hintedKeys")({ showSecrets: flag });

/**
 * The keys of `capture.keyHints()`, in their order: an entry for each candidate of a hint, that by the rule of the capture's writer first, and one entry for a
 * hint without a candidate. Unlike the hints, the results have the bytes of keys only with `showSecrets`. Throws `usage`.
 */
export function hintedKeys(hints: readonly KeyHint[], options: HintedKeysOptions = {}): HintedKey[] {
  requireOptions(HINTED_KEYS, options);
  const { showSecrets = false } = options;
  return hints.flatMap((hint) => {
    const candidates = hint.candidates.length > 0 ? hint.candidates : [undefined];
    const note = showSecrets
      ? hint.hint.note
      : maskedNote(
          hint.hint.note,
          hint.candidates.map(({ bytes }) => bytes),
        );
    return candidates.map((candidate) => keyAt(hint, candidate, { note, showSecrets }));
  });
}

/** Whether a hint can mean two places, one of which may have no captured bytes. */
export function isAmbiguous({ deviations }: KeyHint): boolean {
  return deviations.some(({ id }) => id === "KEY-AMBIGUOUS");
}

function keyAt(
  hint: KeyHint,
  candidate: KeyCandidate | undefined,
  { note, showSecrets }: { readonly note: string; readonly showSecrets: boolean },
): HintedKey {
  const bytes = candidate?.bytes ?? new Uint8Array();
  return {
    block: hint.block.index,
    hint: { ...hint.hint, note },
    ...(candidate && { address: candidate.address, reading: candidate.reading }),
    ambiguous: isAmbiguous(hint),
    length: bytes.length,
    ...(bytes.length > 0 && { fingerprint: fingerprintOf(bytes) }),
    ...(showSecrets && bytes.length > 0 && { secret: bytes }),
  };
}
