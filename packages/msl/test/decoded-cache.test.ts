import { describe, expect, it } from "vitest";
import { DecodedCache } from "../src/codec/decoded-cache.js";

const decoded = (size: number) => ({ bytes: new Uint8Array(size), deviations: [] });

it("the cache keeps the payloads that were used last, up to its limit, and loads others again", async () => {
  const cache = new DecodedCache(100);
  const loads: string[] = [];
  const get = (key: string, size = 40) =>
    cache.get(key, async () => {
      loads.push(key);
      return decoded(size);
    });
  await get("a");
  await get("b");
  await get("a");
  await get("c");
  await get("a");
  await get("b");
  expect(loads).toEqual(["a", "b", "c", "b"]);
  await get("large", 101);
  await get("large", 101);
  expect(loads.slice(4)).toEqual(["large", "large"]);
});

it("callers at the same time share one load of the cache, and a load that failed is repeated", async () => {
  const cache = new DecodedCache(100);
  let loads = 0;
  const load = async () => {
    loads++;
    if (loads === 1) throw new Error("damaged");
    return decoded(8);
  };
  const asked = [cache.get("a", load), cache.get("a", load)];
  await expect(asked[0]).rejects.toThrow("damaged");
  await expect(asked[1]).rejects.toThrow("damaged");
  expect((await cache.get("a", load)).bytes?.length).toBe(8);
  expect(loads).toBe(2);
});

it.each([
  ["small payloads", () => decoded(1)],
  ["payloads without bytes", () => ({ problem: { id: "CMP-SIZE", at: 0, message: "damaged" } as const, deviations: [] })],
])("the cache keeps 4,096 %s at most, the ones that were loaded last", async (_, make) => {
  const cache = new DecodedCache(2 ** 30);
  let loads = 0;
  const get = (key: number) =>
    cache.get(String(key), async () => {
      loads++;
      return make();
    });
  for (let key = 0; key <= 4096; key++) await get(key);
  expect(loads).toBe(4097);
  await get(1);
  expect(loads).toBe(4097);
  await get(0);
  expect(loads).toBe(4098);
});

it("the cache keeps a payload without bytes, however many payloads come after it", async () => {
  const cache = new DecodedCache(100);
  const problem = { id: "CMP-SIZE", at: 0, message: "damaged" } as const;
  let loads = 0;
  const load = async () => {
    loads++;
    return { problem, deviations: [] };
  };
  await cache.get("a", load);
  for (const key of ["b", "c", "d"]) await cache.get(key, async () => decoded(60));
  expect((await cache.get("a", load)).problem).toBe(problem);
  expect(loads).toBe(1);
});

describe("the array of a cached payload", () => {
  const SIZE = 100_000;
  const payloadIn = (array: Uint8Array<ArrayBuffer>, byte: number) => {
    const bytes = array.subarray(0, SIZE).fill(byte);
    return { bytes, array, deviations: [] };
  };
  /** Holds one payload. */
  const newCache = () => new DecodedCache(3 * 65_536);
  const loading = (cache: DecodedCache, arrays: unknown[], byte: number) => async () => {
    const array = cache.arrayFor(SIZE);
    arrays.push(array.buffer);
    return payloadIn(array, byte);
  };

  it("the array of a dropped payload is filled with the next payload", async () => {
    const cache = newCache();
    const arrays: unknown[] = [];
    for (const byte of [1, 2, 3]) {
      const first = await cache.borrow(`payload ${byte}`, loading(cache, arrays, byte), ({ bytes }) => bytes?.[0]);
      expect(first).toBe(byte);
    }
    expect(new Set(arrays).size).toBe(1);
  });

  it("the array of a payload that get returned is not filled again", async () => {
    const cache = newCache();
    const arrays: unknown[] = [];
    await cache.borrow("payload 1", loading(cache, arrays, 1), () => {});
    const { bytes } = await cache.get("payload 1", loading(cache, arrays, 9));
    for (const byte of [2, 3]) await cache.borrow(`payload ${byte}`, loading(cache, arrays, byte), () => {});
    expect(bytes?.length).toBe(SIZE);
    expect(bytes?.every((byte) => byte === 1)).toBe(true);
    expect(new Set(arrays).size).toBe(2);
  });

  it("the array of a payload that a caller waits for is not filled again, whenever another payload is loaded", async () => {
    for (let turns = 0; turns < 40; turns++) {
      const cache = newCache();
      const arrays: unknown[] = [];
      const later = async () => {
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        return loading(cache, arrays, 2)();
      };
      const found = await Promise.all([
        cache.borrow("payload 1", loading(cache, arrays, 1), ({ bytes }) => bytes?.slice()),
        cache.borrow("payload 2", later, ({ bytes }) => bytes?.slice()),
      ]);
      expect(found.map((bytes) => bytes?.[0])).toEqual([1, 2]);
    }
  });
});
