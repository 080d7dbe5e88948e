import { afterEach, describe, expect, it, vi } from "vitest";
import { isUuidV4, uuidBytes, uuidBytesInto, uuidTextToRead } from "../src/format/layout/uuid-text.js";
import { UuidSet, UuidTable } from "../src/uuid-table.js";

/** UUID number `i`, as text. */
function uuid(i: number): string {
  return `${i.toString(16).padStart(8, "a")}-0000-4000-8000-${(i * 7).toString(16).padStart(12, "0")}`;
}

it("a UUID table that has grown several times finds every UUID in it, and no other", () => {
  const count = 10_000;
  const set = new UuidSet();
  for (let i = 0; i < count; i++) {
    expect(set.has(uuid(i))).toBe(false);
    set.add(uuid(i));
  }
  for (let i = 0; i < 2 * count; i++) expect(set.has(uuid(i))).toBe(i < count);
});

it("a UUID table with room made in advance finds every UUID in it, those from before too, and grows further", () => {
  const set = new UuidSet();
  for (let i = 0; i < 1500; i++) set.add(uuid(i));
  set.reserve(3000);
  set.reserve(10);
  for (let i = 1000; i < 8000; i++) {
    expect(set.has(uuid(i))).toBe(i < 1500);
    set.add(uuid(i));
  }
  for (let i = 0; i < 10_000; i++) expect(set.has(uuid(i))).toBe(i < 8000);
});

it("a UUID table treats upper and lower case of a UUID as equal", () => {
  const set = new UuidSet();
  set.add(uuid(1).toUpperCase());
  expect(set.has(uuid(1))).toBe(true);
});

it("a UUID table refuses text that is not a UUID", () => {
  const set = new UuidSet();
  expect(set.has("none")).toBe(false);
  expect(() => set.add("none")).toThrow(RangeError);
});

it("a UUID that is read again after text that is none has its own bytes", () => {
  const read = () => {
    const bytes = new Uint8Array(17);
    expect(uuidBytesInto("00010203-0405-4607-8809-0a0b0c0d0e0f", bytes, 1)).toBe(true);
    expect([...bytes]).toEqual([0, 0, 1, 2, 3, 4, 5, 0x46, 7, 0x88, 9, 10, 11, 12, 13, 14, 15]);
  };
  read();
  const untouched = new Uint8Array(16);
  expect(uuidBytesInto("ffffffff-ffff-4fff-8fff-fffffffffffg", untouched, 0)).toBe(false);
  expect(untouched).toEqual(new Uint8Array(16));
  read();
});

it("a UUID whose text was made of its bytes has these bytes, also after another one was read", () => {
  const [first, second] = [uuid(1), uuid(2)];
  const stored = Uint8Array.of(0xff, ...(uuidBytes(first) ?? []));
  const bytesOf = (text: string) => [...(uuidBytes(text) ?? [])];
  const expected = bytesOf(second);
  expect(uuidTextToRead(stored, 1)).toBe(first);
  stored.fill(0);
  expect(bytesOf(first)).toEqual([...first.replaceAll("-", "").matchAll(/../g)].map(([pair]) => Number.parseInt(pair, 16)));
  expect(bytesOf(second)).toEqual(expected);
});

it("a value that is no text is not taken for the UUID that was read before", () => {
  const absent: unknown = undefined;
  const set = new UuidSet();
  set.add(uuid(1));
  expect(set.has("none")).toBe(false);
  expect(() => set.has(absent as string)).toThrow(TypeError);
  expect(() => set.add(absent as string)).toThrow(TypeError);
  const bytes = new Uint8Array(16);
  expect(uuidBytesInto("none", bytes, 0)).toBe(false);
  expect(() => uuidBytesInto(absent as string, bytes, 0)).toThrow(TypeError);
  expect(bytes).toEqual(new Uint8Array(16));
});

it("a UUID of version 4 has its hyphens in place, version 4 and variant 10, in upper or lower case", () => {
  for (const text of ["00010203-0405-4607-8809-0a0b0c0d0e0f", "00010203-0405-4607-BF09-0A0B0C0D0E0F"])
    expect(isUuidV4(text)).toBe(true);
  for (const text of [
    "000102030405460788090a0b0c0d0e0f",
    "0001020-30405-4607-8809-0a0b0c0d0e0f",
    "00010203-0405-4607-8809-0a0b0c0d0e0f0",
    "00010203-0405-1607-8809-0a0b0c0d0e0f",
    "00010203-0405-4607-c809-0a0b0c0d0e0f",
    "00010203-0405-4607-7809-0a0b0c0d0e0f",
    "0001020g-0405-4607-8809-0a0b0c0d0e0f",
    "",
  ])
    expect(isUuidV4(text), text).toBe(false);
});

it("sets of UUIDs that are asked for the same UUID in turn know their own", () => {
  const [one, other] = [new UuidSet(), new UuidSet()];
  expect(one.has(uuid(1))).toBe(false);
  other.add(uuid(1));
  expect([one.has(uuid(1)), other.has(uuid(1))]).toEqual([false, true]);
  one.add(uuid(1));
  expect(one.has(uuid(1))).toBe(true);
});

/** UUID number `i` as bytes; they differ in any of their words. */
function bytesOf(i: number): Uint8Array {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(4 * (i % 4), i, true);
  return bytes;
}

/** A store of UUIDs under their numbers, which counts how often a table looks at one. */
function storeOf(uuids: readonly Uint8Array[]) {
  const store = {
    looks: 0,
    readUuid<T>(number: number, read: (bytes: Uint8Array, at: number) => T): T {
      store.looks++;
      return read(uuids[number] ?? new Uint8Array(0), 0);
    },
  };
  return store;
}

describe("a table of numbered UUIDs", () => {
  it("a table of UUIDs keeps the first number of a UUID, and says which UUIDs were new", () => {
    const uuids = [bytesOf(1), bytesOf(2), bytesOf(1), bytesOf(3)];
    const table = new UuidTable(storeOf(uuids), uuids.length);
    expect(uuids.map((_, number) => table.add(number))).toEqual([true, true, false, true]);
    expect(uuids.map((uuid) => table.findBytes(uuid))).toEqual([0, 1, 0, 3]);
    expect(table.findBytes(bytesOf(4))).toBe(-1);
  });

  it("a table of UUIDs finds a number by the text of a UUID, in upper or lower case, and none by other text", () => {
    const uuids = [1, 2].map((i) => {
      const bytes = new Uint8Array(16);
      uuidBytesInto(uuid(i), bytes, 0);
      return bytes;
    });
    const table = new UuidTable(storeOf(uuids), uuids.length);
    for (const number of uuids.keys()) table.add(number);
    expect([uuid(2), uuid(1).toUpperCase(), uuid(3), "none"].map((text) => table.find(text))).toEqual([1, 0, -1, -1]);
  });

  it("a UUID that is looked up by its text after other bytes were looked up is found", () => {
    const [one, other] = [bytesOf(1), bytesOf(2)];
    const table = new UuidTable(storeOf([one, other]), 2);
    table.add(0);
    table.add(1);
    const text = "01000000-0000-0000-0000-000000000000";
    expect(bytesOf(4)).toEqual(Uint8Array.of(4, ...new Uint8Array(15)));
    const set = new UuidSet();
    set.add(text);
    expect(set.has(text)).toBe(true);
    expect(set.hasIn(Uint8Array.of(9, ...one), 1)).toBe(false);
    expect(set.has(text)).toBe(true);
    expect(set.hasIn(Uint8Array.of(9, 1, ...new Uint8Array(15)), 1)).toBe(true);
    expect(table.findBytes(other)).toBe(1);
    expect(set.has(text)).toBe(true);
  });

  it("a full table of UUIDs looks at few UUIDs to know that one is not in it", () => {
    const uuids = Array.from({ length: 1000 }, (_, i) => bytesOf(i + 1));
    const store = storeOf(uuids);
    const table = new UuidTable(store, uuids.length);
    for (const number of uuids.keys()) table.add(number);
    store.looks = 0;
    for (let i = 0; i < 1000; i++) expect(table.findBytes(bytesOf(i + 2000))).toBe(-1);
    expect(store.looks).toBeLessThan(8000);
  });
});

/** HalfSipHash-c-d with a result of 32 bits, as its authors describe it: https://github.com/veorq/SipHash, halfsiphash.c. */
function halfSipHash(c: number, d: number, key: readonly [number, number], message: Uint8Array): number {
  const rotated = (value: number, bits: number) => (value << bits) | (value >>> (32 - bits));
  let [v0, v1, v2, v3] = [key[0], key[1], 0x6c796765 ^ key[0], 0x74656462 ^ key[1]];
  const rounds = (count: number) => {
    for (let round = 0; round < count; round++) {
      v0 = (v0 + v1) | 0;
      v1 = rotated(v1, 5) ^ v0;
      v0 = rotated(v0, 16);
      v2 = (v2 + v3) | 0;
      v3 = rotated(v3, 8) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = rotated(v3, 7) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = rotated(v1, 13) ^ v2;
      v2 = rotated(v2, 16);
    }
  };
  const whole = message.length - (message.length % 4);
  for (let at = 0; at <= whole; at += 4) {
    let word = at === whole ? message.length << 24 : 0;
    for (const [i, byte] of message.subarray(at, at + 4).entries()) word |= byte << (8 * i);
    v3 ^= word;
    rounds(c);
    v0 ^= word;
  }
  v2 ^= 0xff;
  rounds(d);
  return (v1 ^ v3) >>> 0;
}

describe("the hash of a UUID table", () => {
  const KEY = [0x03020100, 0x07060504] as const;
  const SLOTS = 1024;
  const CAPACITY = SLOTS / 2 - 1;

  afterEach(() => {
    vi.restoreAllMocks();
    vi.resetModules();
  });

  /** UUIDs that share a slot of a table under `KEY`, if the hash is HalfSipHash-1-3. */
  function sharingASlot(count: number): Uint8Array[] {
    const found: Uint8Array[] = [];
    for (let i = 1; found.length < count; i++) {
      const uuid = bytesOf(i);
      if (halfSipHash(1, 3, KEY, uuid) % SLOTS === 5) found.push(uuid);
    }
    return found;
  }

  /** How often a fresh table with these UUIDs looks at one to find each of them. The module draws its key anew. */
  async function looksToFind(uuids: readonly Uint8Array[]): Promise<number[]> {
    vi.resetModules();
    const fresh = await import("../src/uuid-table.js");
    const store = storeOf(uuids);
    const table = new fresh.UuidTable(store, CAPACITY);
    for (const number of uuids.keys()) table.add(number);
    return uuids.map((uuid, number) => {
      store.looks = 0;
      expect(table.findBytes(uuid)).toBe(number);
      return store.looks;
    });
  }

  it("the hash that the next test expects has the published results of HalfSipHash-2-4", () => {
    const results = [0, 1, 2].map((length) =>
      halfSipHash(
        2,
        4,
        KEY,
        Uint8Array.from({ length }, (_, i) => i),
      ),
    );
    // vectors_hsip32 of the authors' vectors.h, as little-endian numbers.
    expect(results).toEqual([0x5b9f35a9, 0xb85a4727, 0x03a662fa]);
  });

  it("a UUID table hashes with HalfSipHash-1-3 under a key that is drawn for the process", async () => {
    const uuids = sharingASlot(20);
    const draw = vi.spyOn(crypto, "getRandomValues").mockImplementation((array) => {
      if (array instanceof Uint32Array) array.set(KEY);
      return array;
    });
    expect(await looksToFind(uuids)).toEqual(uuids.map((_, position) => position + 1));
    draw.mockRestore();
    const looks = await looksToFind(uuids);
    expect(looks.reduce((sum, count) => sum + count, 0)).toBeLessThan(80);
  });
});
