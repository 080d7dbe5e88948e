import { expect, it } from "vitest";
import { DecodedCache } from "../src/codec/decoded-cache.js";

const decoded = (size: number) => ({ bytes: new Uint8Array(size), deviations: [] });

it("keeps what was used last within its limit, and loads the rest again", async () => {
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

it("shares one load between those who ask at once, and forgets one that failed", async () => {
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

it("keeps what has no bytes, whatever comes after it", async () => {
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
