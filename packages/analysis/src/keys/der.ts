/** A reader of DER (X.690): definite lengths in their shortest form. Nothing is read behind the end that a caller gives. */

export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const OBJECT_IDENTIFIER = 0x06;
export const SEQUENCE = 0x30;
export const SET = 0x31;

/** The content of an element, and the bytes with its header. */
export interface DerElement {
  readonly tag: number;
  readonly start: number;
  readonly contentStart: number;
  readonly end: number;
}

/** The element at `at`; undefined if it does not end by `end`, has a tag of several bytes, or a length that DER does not allow. */
export function elementAt(bytes: Uint8Array, at: number, end: number): DerElement | undefined {
  if (at + 2 > end) return undefined;
  const tag = bytes[at] ?? 0;
  if ((tag & 0x1f) === 0x1f) return undefined;
  let length = bytes[at + 1] ?? 0;
  let contentStart = at + 2;
  if (length >= 0x80) {
    const size = length & 0x7f;
    if (size === 0 || size > 3 || contentStart + size > end) return undefined;
    length = 0;
    for (let i = 0; i < size; i++) length = length * 256 + (bytes[contentStart + i] ?? 0);
    contentStart += size;
    if (length < (size === 1 ? 0x80 : 256 ** (size - 1))) return undefined;
  }
  return contentStart + length <= end ? { tag, start: at, contentStart, end: contentStart + length } : undefined;
}

/** Counts the elements that are read, in any reader of a structure. */
export interface DerWork {
  units: number;
}

/** Reads the elements of one content, one after the other. After a failure every further read fails. */
export class DerReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;
  readonly #work: DerWork | undefined;
  #failed = false;

  constructor(bytes: Uint8Array, at: number, end: number, work?: DerWork) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
    this.#work = work;
  }

  /** Whether all elements were read, and none was wrong. */
  get isDone(): boolean {
    return !this.#failed && this.#at === this.#end;
  }

  /** Whether the next element has this tag. */
  isNext(tag: number): boolean {
    return !this.#failed && this.#at < this.#end && this.#bytes[this.#at] === tag;
  }

  /** The next element, which has to have this tag, or any tag without one. */
  read(tag?: number): DerElement | undefined {
    if (this.#work) this.#work.units++;
    const element = this.#failed ? undefined : elementAt(this.#bytes, this.#at, this.#end);
    if (!element || (tag !== undefined && element.tag !== tag)) {
      this.#failed = true;
      return undefined;
    }
    this.#at = element.end;
    return element;
  }

  /** The content of the next element. */
  content(tag: number): Uint8Array | undefined {
    const element = this.read(tag);
    return element && this.#bytes.subarray(element.contentStart, element.end);
  }

  /** A reader of the content of the next element; of nothing, failed, if there is none. */
  enter(tag: number): DerReader {
    const element = this.read(tag);
    const inner = new DerReader(this.#bytes, element?.contentStart ?? 0, element?.end ?? 0, this.#work);
    if (!element) inner.#failed = true;
    return inner;
  }

  /** The bytes of the next INTEGER, which has to be positive, without a leading zero. */
  positive(): Uint8Array | undefined {
    const content = this.content(INTEGER);
    const [first = 0x80, second = 0] = content ?? [];
    const isMinimal = first !== 0 || second >= 0x80;
    if (content && first < 0x80 && isMinimal) return first === 0 ? content.subarray(1) : content;
    this.#failed = true;
    return undefined;
  }

  /** The whole bytes of the next BIT STRING: no bits are left over. */
  bits(): Uint8Array | undefined {
    const content = this.content(BIT_STRING);
    if (content && content[0] === 0) return content.subarray(1);
    this.#failed = true;
    return undefined;
  }
}

export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
