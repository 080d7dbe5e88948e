/** A place where a capture departs from the specification: how readers collect such places, and how JSON shows them. */
import { hexText } from "../format/layout/uuid-text.js";
import type { JsonObject } from "../json/layout-json.js";
import { shownAs } from "../json/shown.js";
import type { LintId } from "./catalogue.js";

/** One departure from the specification. Nothing that a reader tolerates goes unreported. */
export interface Deviation {
  readonly id: LintId;
  /** What was found and what was expected, as a sentence. */
  readonly message: string;
  /**
   * Bytes from the start of the file; for the blocks of an encrypted capture, from the start of the decrypted stream. In a compressed payload,
   * from the start of the decompressed one. For `type` and `payloadVersion` of a block, the start of its payload; `lintCapture` has the place of the field.
   */
  readonly offset: number;
  /** Index of the block. Absent for the file header and the end of the file. */
  readonly block?: number;
  /** Name of the field, as in docs/fields.md. */
  readonly field?: string;
  /** The stored bytes, for a value that cannot be decoded without loss (ill-formed text). */
  readonly bytes?: Uint8Array;
  /** The values in `message`: what was found, then what was expected; as many as the id has. `@memslice/msl/lint` gives them as text. */
  readonly values?: readonly (number | string)[];
}

/** Values that were found and expected where a deviation is. */
export type DeviationValues = NonNullable<Deviation["values"]>;

/** The deviations of a block without any: one list for all of them, since V8 may make lists of their own in the old generation. */
export const NO_DEVIATIONS: readonly Deviation[] = Object.freeze([]);

/** Takes a deviation; offsets count from the start of what is being decoded. */
export type Report = (deviation: Omit<Deviation, "block">) => void;

/** The most listed deviations of one kind: a hostile payload has one for every few bytes. */
const LISTED_OF_A_KIND = 1000;

interface Kind {
  count: number;
  /** The first deviation that is not listed. */
  more?: Parameters<Report>[0];
}

/** The receiver of the deviations that decoders find. */
export interface Reporter {
  readonly add: Report;
}

/** Collects the deviations of one payload. Above a bound for each kind, further deviations are only counted. */
export class BoundedReport implements Reporter {
  /** Made with the first deviation: most payloads have none. */
  #found: { readonly listed: Deviation[]; readonly kinds: Map<LintId, Kind> } | undefined;

  add(deviation: Parameters<Report>[0]): void {
    this.#found ??= { listed: [], kinds: new Map() };
    const { listed, kinds } = this.#found;
    const kind = kinds.get(deviation.id) ?? { count: 0 };
    kinds.set(deviation.id, kind);
    kind.count++;
    if (kind.count <= LISTED_OF_A_KIND) listed.push(deviation);
    else kind.more ??= deviation;
  }

  /** `add` as a function of its own. */
  get report(): Report {
    return (deviation) => this.add(deviation);
  }

  /** The listed deviations in the order in which they were found. For each kind with further ones, one more deviation at the end has their number. */
  get deviations(): readonly Deviation[] {
    if (!this.#found) return NO_DEVIATIONS;
    const rest = [...this.#found.kinds.values()].flatMap(({ count, more }): Deviation[] => {
      if (!more) return [];
      const message = `${more.message}; and ${count - LISTED_OF_A_KIND - 1} more of this kind behind it`;
      return [{ ...more, message }];
    });
    return [...this.#found.listed, ...rest];
  }
}

/** `{ deviations: [...] }` of one block, or `{}` without deviations. */
export function deviationsJson(deviations: readonly Deviation[]): JsonObject {
  if (deviations.length === 0) return {};
  return { deviations: deviations.map(({ block: _, ...deviation }) => deviationJson(deviation)) };
}

/** One deviation; `bytes` in hexadecimal. */
function deviationJson({ id, message, offset, block, field, bytes }: Deviation): JsonObject {
  return {
    id,
    message,
    offset,
    ...(block === undefined ? {} : { block }),
    ...(field === undefined ? {} : { field }),
    ...(bytes === undefined ? {} : { bytes: hexText(bytes) }),
  };
}

/** Gives a deviation a form in which JSON and console.log show its bytes in hexadecimal. */
export const shownDeviation = shownAs("Deviation", deviationJson);

/**
 * How a pure 1.1 consumer treats a deviation that the lenient readers of this library tolerate. Deviations that are not listed are accepted
 * and reported in both modes.
 */
export const REJECTS_BLOCK: ReadonlySet<LintId> = new Set<LintId>([
  "BLK-PAYLOADVERSION",
  "BLK-COMPALGO",
  "CMP-NOPREFIX",
  "CON-TYPE",
  "EXT-MEMSLICER",
  "EXT-MEMDIVER",
  "EXT-THREAD",
  "MOD-COUNTONLY",
  "MOD-SHORT",
  "REG-LEGACY",
  "SYS-LAYOUT-B",
]);

export const REJECTS_FILE: ReadonlySet<LintId> = new Set<LintId>([
  "HDR-VERSION-BYTES",
  "HDR-ENDIAN",
  "HDR-SIZE",
  "HDR-HASHALGO",
  "BLK-TYPE0",
]);

/** The first deviation for which a strict consumer refuses the block, or undefined. */
export function rejectsBlock(deviations: readonly Deviation[]): Deviation | undefined {
  return deviations.find(({ id }) => REJECTS_BLOCK.has(id));
}

/** The first deviation for which a strict consumer refuses the file, or undefined. */
export function rejectsFile(deviations: readonly Deviation[]): Deviation | undefined {
  return deviations.find(({ id }) => REJECTS_FILE.has(id));
}
