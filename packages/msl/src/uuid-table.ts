/**
 * Hash tables of UUIDs as 16 bytes each, without an object or a text per UUID: a capture may have millions of blocks.
 *
 * The capture chooses the UUIDs, so the hash has a secret key: HalfSipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", its
 * variant for 32-bit words), which hash tables of operating systems use for the same reason. A seed that is added or multiplied in is not
 * enough: UUIDs whose differences cancel out under one seed then share a slot under every seed.
 */
import { UUID_BYTES, uuidBytesInto } from "./format/layout/uuid-text.js";

const UUID_WORDS = 4;
/** The UUID that is being looked up, as words and as bytes. */
const sought = new Uint32Array(UUID_WORDS);
const soughtBytes = new Uint8Array(sought.buffer);
/** The text of the UUID in `sought`, and below its hash; the text is undefined if `sought` holds no whole UUID, or one that was given as bytes. */
let soughtText: string | undefined;
let soughtHash = 0;

/** Makes the UUID the one that is looked up. False for a text that is no UUID. A UUID that is looked up again is not hashed again. */
function seek(uuid: string): boolean {
  // Callers without types pass undefined as well, which is no text that was sought.
  if (uuid === soughtText && soughtText !== undefined) return true;
  soughtText = undefined;
  if (!uuidBytesInto(uuid, soughtBytes, 0)) return false;
  soughtText = uuid;
  soughtHash = hashOfSought();
  return true;
}

/** Makes the 16 bytes from `at` on the UUID that is looked up. */
function seekBytes(bytes: Uint8Array, at: number): void {
  soughtText = undefined;
  for (let i = 0; i < UUID_BYTES; i++) soughtBytes[i] = bytes[at + i] ?? 0;
  soughtHash = hashOfSought();
}

/** Whether the 16 bytes from `at` on are the UUID that is looked up. */
function areSought(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < UUID_BYTES; i++) if (bytes[at + i] !== soughtBytes[i]) return false;
  return true;
}

/** UUIDs that are stored elsewhere, each under a number. */
export interface NumberedUuids {
  /** Passes the UUID to `read`: bytes, and where the 16 bytes of the UUID begin in them. */
  readUuid<T>(number: number, read: (bytes: Uint8Array, at: number) => T): T;
}

const EMPTY = -1;

/** Finds the number of a UUID, by open addressing. Has room for a fixed count of UUIDs. */
export class UuidTable {
  readonly #uuids: NumberedUuids;
  /** A slot holds a number. */
  readonly #slots: Int32Array;

  constructor(uuids: NumberedUuids, capacity: number) {
    this.#uuids = uuids;
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * capacity + 2))).fill(EMPTY);
  }

  /** The number that was added with this UUID, or -1; also -1 for text that is no UUID. */
  find(uuid: string): number {
    return seek(uuid) ? (this.#slots[this.#slotOfSought()] ?? EMPTY) : EMPTY;
  }

  /** The number that was added with the UUID in the 16 bytes from `at` on, or -1. */
  findBytes(bytes: Uint8Array, at = 0): number {
    seekBytes(bytes, at);
    return this.#slots[this.#slotOfSought()] ?? EMPTY;
  }

  /** Enters a UUID under its number, unless it has one already; returns whether it was new. */
  add(number: number): boolean {
    this.#uuids.readUuid(number, seekBytes);
    const slot = this.#slotOfSought();
    if (this.#slots[slot] !== EMPTY) return false;
    this.#slots[slot] = number;
    return true;
  }

  /** The slot that holds the UUID in `sought`, or the empty one where it belongs. */
  #slotOfSought(): number {
    const mask = this.#slots.length - 1;
    for (let slot = soughtHash & mask; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot] ?? EMPTY;
      if (number === EMPTY || this.#uuids.readUuid(number, areSought)) return slot;
    }
  }
}

/** A table with the words of its UUIDs, and room for a fixed count of them. */
class StoredUuids {
  readonly capacity: number;
  readonly #words: Uint32Array;
  /** A slot holds the number of a UUID. */
  readonly #slots: Int32Array;
  #count = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#words = new Uint32Array(capacity * UUID_WORDS);
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * capacity + 2))).fill(EMPTY);
  }

  /** The UUIDs that there is room for. */
  get room(): number {
    return this.capacity - this.#count;
  }

  /** Whether the UUID in `sought` is in the table. */
  has(): boolean {
    return this.#slots[this.#slotOfSought()] !== EMPTY;
  }

  /** Enters the UUID in `sought`, which is not in the table. */
  add(): void {
    const words = this.#words;
    const at = this.#count * UUID_WORDS;
    // One by one: a call that copies takes longer.
    for (let i = 0; i < UUID_WORDS; i++) words[at + i] = sought[i] ?? 0;
    this.#slots[this.#slotOfSought()] = this.#count++;
  }

  /** The slot that holds the UUID in `sought`, or the empty one where it belongs. */
  #slotOfSought(): number {
    const mask = this.#slots.length - 1;
    for (let slot = soughtHash & mask; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot] ?? EMPTY;
      if (number === EMPTY || this.#isSought(number * UUID_WORDS)) return slot;
    }
  }

  #isSought(at: number): boolean {
    const words = this.#words;
    return words[at] === sought[0] && words[at + 1] === sought[1] && words[at + 2] === sought[2] && words[at + 3] === sought[3];
  }
}

/** UUIDs of the first table of a set; one less than a power of two fills half of its slots. */
const FIRST_CAPACITY = 1023;
/** Each table has this many times the room of the one before it. A large factor keeps the tables few: a look-up searches each of them. */
const GROWTH = 4;

/**
 * A set of UUIDs that grows. Each table has a multiple of the room of the one before, and those before stay as they are: moving their UUIDs would
 * take a second for some millions.
 */
export class UuidSet {
  /** The largest one, which has most UUIDs, comes first. */
  readonly #tables: StoredUuids[] = [];
  /** The UUID that was last found not to be in the set: it is often added next. */
  #absent: string | undefined;

  /** Upper and lower case are alike; text that is no UUID is in no set. */
  has(uuid: string): boolean {
    if (!seek(uuid)) return false;
    if (this.#hasSought()) return true;
    this.#absent = uuid;
    return false;
  }

  /** Whether the 16 bytes from `at` on are a UUID of the set. */
  hasIn(bytes: Uint8Array, at: number): boolean {
    seekBytes(bytes, at);
    return this.#hasSought();
  }

  /** Throws a `RangeError` for text that is no UUID. */
  add(uuid: string): void {
    if (!seek(uuid)) throw new RangeError(`${JSON.stringify(uuid)} is no UUID`);
    const isAbsent = uuid === this.#absent;
    this.#absent = undefined;
    if (!isAbsent && this.#hasSought()) return;
    const last = this.#tables[0];
    if (last && last.room > 0) last.add();
    else this.#addTable(last ? (last.capacity + 1) * GROWTH - 1 : FIRST_CAPACITY).add();
  }

  /** Makes room for `count` more UUIDs in one table. */
  reserve(count: number): void {
    if ((this.#tables[0]?.room ?? 0) < count) this.#addTable(Math.max(count, FIRST_CAPACITY));
  }

  #addTable(capacity: number): StoredUuids {
    const table = new StoredUuids(capacity);
    this.#tables.unshift(table);
    return table;
  }

  #hasSought(): boolean {
    for (let i = 0; i < this.#tables.length; i++) if (this.#tables[i]?.has()) return true;
    return false;
  }
}

/** The key of this process, drawn when it is first needed. */
let key: Uint32Array | undefined;

/** Rounds behind the last word; one follows each word. */
const LAST_ROUNDS = 3;
/** The last word has the length of the message in its highest byte. */
const LENGTH_WORD = UUID_BYTES << 24;

/** The hash of the UUID in `sought`. */
function hashOfSought(): number {
  key ??= crypto.getRandomValues(new Uint32Array(2));
  let v0 = (key[0] ?? 0) | 0;
  let v1 = (key[1] ?? 0) | 0;
  let v2 = 0x6c796765 ^ v0;
  let v3 = 0x74656462 ^ v1;
  for (let round = 0; round <= UUID_WORDS + LAST_ROUNDS; round++) {
    const word = round < UUID_WORDS ? (sought[round] ?? 0) | 0 : round === UUID_WORDS ? LENGTH_WORD : 0;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
    if (round === UUID_WORDS) v2 ^= 0xff;
  }
  return v1 ^ v3;
}
