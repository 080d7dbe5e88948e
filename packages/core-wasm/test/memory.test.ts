import { describe, expect, it } from "vitest";
import { LinearMemory } from "../src/memory.js";
import { Random } from "./support/samples.js";

describe("LinearMemory", () => {
  it("LinearMemory aligns areas to 64 bytes, keeps them apart, and gives none the address 0", () => {
    const memory = new LinearMemory();
    expect(memory.acquire(1)).toBe(64);
    expect(memory.acquire(65)).toBe(128);
    expect(memory.acquire(0)).toBe(256);
  });

  it("LinearMemory places a new area in the smallest gap that fits", () => {
    const memory = new LinearMemory();
    const [large, , small] = [memory.acquire(1000), memory.acquire(64), memory.acquire(128), memory.acquire(64)];
    memory.release(large, 1000);
    memory.release(small, 128);
    expect(memory.acquire(100)).toBe(small);
    expect(memory.acquire(100)).toBe(large);
    expect(memory.acquire(500)).toBe(large + 128);
  });

  it("LinearMemory merges the gaps of released neighbours", () => {
    const memory = new LinearMemory();
    const parts = Array.from({ length: 10 }, () => memory.acquire(1024));
    const last = memory.acquire(64);
    for (const index of [3, 1, 2, 9, 7, 8, 0, 6, 4, 5]) memory.release(parts[index] ?? 0, 1024);
    expect(memory.acquire(10 * 1024)).toBe(parts[0]);
    memory.release(parts[0] ?? 0, 10 * 1024);
    memory.release(last, 64);
    expect(memory.acquire(1 << 20)).toBe(64);
  });

  it("LinearMemory never lets areas overlap, in whatever order they are acquired and released", () => {
    const memory = new LinearMemory();
    const random = new Random(11);
    const held: { address: number; size: number }[] = [];
    for (let round = 0; round < 5000; round++) {
      if (held.length > 40 || (held.length > 0 && random.below(2) === 0)) {
        const [area] = held.splice(random.below(held.length), 1);
        if (area) memory.release(area.address, area.size);
        continue;
      }
      const size = random.below(random.below(10) === 0 ? 100_000 : 500);
      const address = memory.acquire(size);
      const clash = held.find(
        (other) => address < other.address + Math.max(other.size, 1) && other.address < address + Math.max(size, 1),
      );
      expect(clash).toBeUndefined();
      held.push({ address, size });
    }
    for (const { address, size } of held) memory.release(address, size);
    expect(memory.acquire(1)).toBe(64);
    expect(memory.bytes.length).toBeLessThan(4 << 20);
  });

  it("LinearMemory ends areas before the last page, so that no end address overflows", () => {
    const memory = new LinearMemory();
    expect(() => memory.acquire(2 ** 32 - 65_536)).toThrow(RangeError);
    expect(() => memory.acquire(2 ** 40)).toThrow("linear memory");
    expect(memory.acquire(64)).toBe(64);
  });
});
