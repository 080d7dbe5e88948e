/** Search for AES key schedules in windows. */
import {
  SCHEDULE_BYTES,
  SCHEDULE_FORM,
  SCHEDULE_INVERSE,
  SCHEDULE_KEY,
  SCHEDULE_KEY_WORDS,
  SCHEDULE_OFFSET,
  SCHEDULE_REVERSED,
} from "../layout.js";
import type { ScanCore, ScanWindow } from "./scan-core.js";

const SCHEDULES_PER_CALL = 256;
const SBOX_BYTES = 256;

/** A schedule whose every word was recomputed. */
export interface AesSchedule {
  /** Counted from the start of the search. */
  readonly offset: number;
  /** Bytes of the schedule: 176, 208 or 240. */
  readonly length: number;
  /** 16, 24 or 32 bytes, in the order of FIPS 197. */
  readonly key: Uint8Array;
  /** Whether the bytes of each word are reversed: the program keeps words as integers of a little-endian machine. */
  readonly reversed: boolean;
  /** Whether it is a schedule of the equivalent inverse cipher, for decryption. */
  readonly inverse: boolean;
}

/** Where schedules are looked for. */
export interface ScheduleRange {
  /** Where the search begins in the window. Default 0. */
  readonly start?: number;
  /** Bytes from `start` on. */
  readonly length: number;
  /** The first offset at which a schedule may begin; others follow every 4 bytes. Default 0. */
  readonly first?: number;
}

/** Holds areas of the core's memory from construction until `release()`. */
export class AesSchedules {
  readonly #core: ScanCore;
  readonly #sbox: number;
  readonly #output: number;
  #released = false;

  /** Throws a `RangeError` when linear memory has no room. */
  constructor(core: ScanCore) {
    this.#core = core;
    this.#sbox = core.memory.acquire(SBOX_BYTES);
    this.#output = core.memory.acquire(SCHEDULES_PER_CALL * SCHEDULE_BYTES);
    core.memory.bytes.set(substitutionBox(), this.#sbox);
  }

  /** The schedules of a part of a window, ascending. */
  *schedules(window: ScanWindow, { start = 0, length, first = 0 }: ScheduleRange): Generator<AesSchedule, void, undefined> {
    const { kernels, memory } = this.#core;
    for (let from = first; from < length; ) {
      const count = kernels.findSchedules(window.address + start, from, length, this.#sbox, this.#output, SCHEDULES_PER_CALL);
      const found = Array.from({ length: count }, (_, i) => entryAt(memory.bytes, this.#output + i * SCHEDULE_BYTES));
      from = count < SCHEDULES_PER_CALL ? length : (found.at(-1)?.offset ?? length) + 4;
      yield* found;
    }
  }

  /** Gives the areas back. A second call has no effect. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#core.memory.release(this.#sbox, SBOX_BYTES);
    this.#core.memory.release(this.#output, SCHEDULES_PER_CALL * SCHEDULE_BYTES);
  }
}

function entryAt(bytes: Uint8Array, address: number): AesSchedule {
  const fields = new DataView(bytes.buffer, bytes.byteOffset + address, SCHEDULE_BYTES);
  const form = fields.getUint32(SCHEDULE_FORM, true);
  const words = form & SCHEDULE_KEY_WORDS;
  const key = address + SCHEDULE_KEY;
  return {
    offset: fields.getUint32(SCHEDULE_OFFSET, true),
    length: 16 * (words + 7),
    key: bytes.slice(key, key + 4 * words),
    reversed: (form & SCHEDULE_REVERSED) !== 0,
    inverse: (form & SCHEDULE_INVERSE) !== 0,
  };
}

/** The S-box of FIPS 197, 5.1.1: the inverse in GF(2^8), then an affine map. 3 generates all elements but zero, and 0xf6 is its inverse. */
function substitutionBox(): Uint8Array {
  const box = new Uint8Array(SBOX_BYTES);
  let power = 1;
  let inverse = 1;
  do {
    power = (power ^ (power << 1) ^ (power & 0x80 ? 0x11b : 0)) & 0xff;
    inverse ^= inverse << 1;
    inverse ^= inverse << 2;
    inverse ^= inverse << 4;
    inverse &= 0xff;
    if (inverse & 0x80) inverse ^= 0x09;
    const turned = inverse * 0x101;
    box[power] = (0x63 ^ inverse ^ (turned >> 4) ^ (turned >> 5) ^ (turned >> 6) ^ (turned >> 7)) & 0xff;
  } while (power !== 1);
  box[0] = 0x63;
  return box;
}
