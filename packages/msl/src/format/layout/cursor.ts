/** A position in bytes that are being decoded. Every read is checked against the end first. */
import type { LintId } from "../../deviations/catalogue.js";

/** Stops the decoding of one payload: what was found where, under which lint id. */
export class PayloadProblem extends Error {
  override readonly name = "PayloadProblem";
  readonly id: LintId;
  /** Bytes from the start of the payload. */
  readonly at: number;
  readonly field: string;

  constructor(id: LintId, at: number, field: string, message: string) {
    super(message);
    this.id = id;
    this.at = at;
    this.field = field;
  }
}

export interface CursorRules {
  readonly littleEndian: boolean;
  /** Most entries that a list may have: a few bytes each in the file, an object each when decoded. */
  readonly entryLimit: number;
}

export class Cursor {
  readonly bytes: Uint8Array;
  readonly rules: CursorRules;
  /** Where reading must stop: the end of the payload, or of a part of it. */
  readonly end: number;
  readonly #view: DataView;
  /** The next byte; offsets count from the start of the payload, in parts of it too. */
  at: number;

  constructor(bytes: Uint8Array, rules: CursorRules, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.rules = rules;
    this.at = at;
    this.end = end;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.end - this.at;
  }

  /** The bytes that are left; a view. */
  get rest(): Uint8Array {
    return this.bytes.subarray(this.at, this.end);
  }

  uint(size: 1 | 2 | 4, field: string): number {
    const at = this.#advance(size, field);
    if (size === 1) return this.#view.getUint8(at);
    return size === 2 ? this.#view.getUint16(at, this.rules.littleEndian) : this.#view.getUint32(at, this.rules.littleEndian);
  }

  u64(field: string): bigint {
    return this.#view.getBigUint64(this.#advance(8, field), this.rules.littleEndian);
  }

  /** A view, not a copy. */
  take(size: number, field: string): Uint8Array {
    const at = this.#advance(size, field);
    return this.bytes.subarray(at, at + size);
  }

  /** A cursor over the next `size` bytes, which this one passes over. */
  part(size: number, field: string): Cursor {
    const at = this.#advance(size, field);
    return new Cursor(this.bytes, this.rules, at, at + size);
  }

  /** The position of the next `size` bytes, which are passed over. */
  #advance(size: number, field: string): number {
    if (size > this.remaining) {
      throw new PayloadProblem(
        "STR-OVERRUN",
        this.at,
        field,
        `${field} at payload offset ${this.at} needs ${size} bytes, but only ${this.remaining} are left`,
      );
    }
    const at = this.at;
    this.at += size;
    return at;
  }
}
