/** The amount of work for one size and for four times that size, counted: it grows little more than four times. */
import { BlockRecords, BlockWalk } from "@memslice/core-wasm";
import { describe, expect, it } from "vitest";
import { type Module, openCapture } from "../src/index.js";
import { ModuleMap } from "../src/read/modules.js";
import { UuidIndex } from "../src/read/references.js";
import { runAtOnce } from "../src/sliced-work.js";
import { BytesSource, ConcatenatedSource } from "../src/source/source.js";
import { type BlockSpec, blockBytes, captureOf } from "./build-capture.js";
import { countingSource } from "./counting-source.js";
import { crossCheck } from "./cross-check.js";
import { linkedCapture } from "./linked-capture.js";
import { concatenated } from "./vectors.js";

/** n log n grows by 4.5 from 1,024 to 4,096. */
const MOST_GROWTH = 5;

async function growth(work: (n: number) => Promise<number> | number, n: number): Promise<number> {
  const small = await work(n);
  return (await work(4 * n)) / small;
}

/** UUIDs that collide in every hash that only adds, multiplies and shifts a seed, whatever the seed is. `n` is a power of 4. */
function collidingUuids(n: number): Uint8Array[] {
  const bits = Math.log2(n) / 2;
  const folded = (value: number) => (value ^ (value >>> 15)) >>> 0;
  return Array.from({ length: n }, (_, i) => {
    const uuid = Uint8Array.of(0, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 0);
    const view = new DataView(uuid.buffer);
    const [a, b] = [i >>> bits, i & (2 ** bits - 1)];
    view.setUint32(8, (view.getUint32(8, true) ^ ((a << (32 - bits)) >>> 0)) >>> 0, true);
    view.setUint32(12, folded((b << (32 - bits)) >>> 0), true);
    return uuid;
  });
}

describe("an index of BlockUUIDs", () => {
  function looks(n: number): number {
    const blocks = concatenated(
      ...collidingUuids(n).map((uuid) => {
        const block = blockBytes({ type: 0x777 }, 1);
        block.set(uuid, 16);
        return block;
      }),
    );
    const records = new BlockRecords();
    new BlockWalk(records, 0).walk(blocks, 0);
    let count = 0;
    const counted = Object.assign(Object.create(records), {
      readUuid: <T>(index: number, read: (bytes: Uint8Array, at: number) => T) => {
        count++;
        return records.readUuid(index, read);
      },
    }) as BlockRecords;
    runAtOnce(
      UuidIndex.making(
        counted,
        records.count,
        Array.from({ length: n }, (_, i) => i),
      ),
    );
    return count;
  }

  it("an index of BlockUUIDs compares each UUID with a few blocks, also if UUIDs were chosen to share a slot", async () => {
    expect(looks(4096)).toBeLessThan(4 * 4096);
    expect(await growth(looks, 1024)).toBeLessThan(MOST_GROWTH);
  });
});

describe("the search behind damage", () => {
  async function bytesRead(bytes: Uint8Array): Promise<number> {
    const source = countingSource(bytes);
    const capture = await openCapture(source, { salvage: true });
    expect(capture.end.salvaged).toBeGreaterThan(0);
    return source.reads.reduce((sum, { length }) => sum + length, 0);
  }

  it("the search behind damage reads the file a few times at most for any number of gaps", async () => {
    const gaps = (n: number) => {
      const bytes = captureOf(Array.from({ length: n }, () => ({ type: 0x777 })));
      for (let block = 1; block < n; block += 2) bytes[64 + 80 * block] = 0x58;
      return bytes;
    };
    expect(await bytesRead(gaps(40_000))).toBeLessThan(3 * 40_000 * 80 + 2 ** 20);
    expect(await growth(async (n) => bytesRead(gaps(n)), 20_000)).toBeLessThan(MOST_GROWTH);
  });

  it("the search behind damage reads little more than its budget if planted headers state lengths up to the end", async () => {
    const planted = (n: number) => {
      const size = n * 96;
      const filled = new Uint8Array(size + 512 * 1024).fill(0x20);
      const view = new DataView(filled.buffer);
      for (let i = 0; i < n; i++) {
        const header = blockBytes({ type: 0x777 }, 5);
        header.fill(0x11, 48);
        filled.set(header, 96 * i);
        view.setUint32(96 * i + 8, filled.length - 96 * i, true);
      }
      const { bytes, offsets } = linkedCapture([{ type: 0x700 }, { type: 0x701, payload: filled }, { type: 0x702 }]);
      bytes[offsets[1] ?? 0] = 0;
      bytes[(offsets[1] ?? 0) + 80 + filled.length - 1] = 0;
      return bytes;
    };
    const bytes = planted(10_000);
    expect(await bytesRead(bytes)).toBeLessThan(2 * (16 * 2 ** 20 + 4 * bytes.length) + 3 * bytes.length + 2 ** 20);
  });
});

describe("cross checks of System Contexts and tables", () => {
  it("cross checks decode each system table once for any number of System Contexts", async () => {
    const context = new Uint8Array(32);
    async function reads(n: number): Promise<number> {
      const blocks: BlockSpec[] = [];
      for (let i = 0; i < n; i++) blocks.push({ type: 0x50, payload: context }, { type: 0x55, payload: new Uint8Array(8) });
      const source = countingSource(captureOf(blocks));
      const capture = await openCapture(source);
      const before = source.reads.length;
      await crossCheck(capture);
      return source.reads.length - before;
    }
    expect(await growth(reads, 100)).toBeLessThan(MOST_GROWTH);
  });
});

describe("modules by address", () => {
  const moduleAt = (baseAddr: bigint, moduleSize: bigint, salvaged = false): Module => ({
    baseAddr,
    moduleSize,
    path: `${baseAddr}`,
    salvaged,
  });

  it("ModuleMap finds the module that a linear search finds", async () => {
    let state = 7;
    const next = (below: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) % below;
    };
    for (const count of [0, 1, 2, 3, 7, 8, 9, 60]) {
      const modules = Array.from({ length: count }, () => moduleAt(BigInt(next(50)), BigInt(next(30)), next(4) === 0));
      const map = await ModuleMap.of(modules);
      for (let address = 0n; address < 90n; address++) {
        const containing = modules.filter(({ baseAddr, moduleSize }) => baseAddr <= address && address < baseAddr + moduleSize);
        const ranked = [...containing].sort(
          (a, b) =>
            Number(a.salvaged) - Number(b.salvaged) || Number(b.baseAddr - a.baseAddr) || modules.indexOf(a) - modules.indexOf(b),
        );
        expect(map.at(address)).toBe(ranked[0]);
      }
    }
  });

  it("ModuleMap finds a module that passes the end of the address space", async () => {
    const map = await ModuleMap.of([moduleAt(2n ** 64n - 4096n, 2n ** 64n - 1n)]);
    expect(map.at(2n ** 64n - 1n)?.baseAddr).toBe(2n ** 64n - 4096n);
    expect(map.at(0n)).toBeUndefined();
  });

  it("ModuleMap finds a module in a few steps although another module covers all modules", async () => {
    const modules = Array.from({ length: 4000 }, (_, i) => moduleAt(BigInt(i + 1), 1n));
    let steps = 0;
    const counted = [moduleAt(0n, 100_000n), ...modules].map((module) => ({
      ...module,
      get baseAddr() {
        steps++;
        return module.baseAddr;
      },
    }));
    const map = await ModuleMap.of(counted);
    steps = 0;
    expect(map.at(50_000n)?.moduleSize).toBe(100_000n);
    expect(steps).toBeLessThan(40);
  });
});

describe("a source of many parts", () => {
  it("a source of many parts reads only the parts that hold the requested bytes", async () => {
    const parts = Array.from({ length: 1000 }, (_, i) => new BytesSource(new Uint8Array(i % 3).fill(i)));
    const sizes: number[] = [];
    const counted = parts.map((part, i) => ({
      size: part.size,
      read: (offset: number, length: number) => {
        sizes.push(i);
        return part.read(offset, length);
      },
    }));
    const whole = concatenated(...parts.map(({ bytes }) => bytes));
    const source = new ConcatenatedSource(counted);
    for (const [offset, length] of [
      [0, 3],
      [500, 7],
      [whole.length - 2, 2],
      [whole.length, 0],
    ] as const) {
      expect(await source.read(offset, length)).toEqual(whole.subarray(offset, offset + length));
    }
    expect(sizes.length).toBeLessThan(12);
  });
});
