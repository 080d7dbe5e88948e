import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Capture, openCapture, type Region } from "@memslice/msl";
import { expect, it } from "vitest";
import { Places } from "../src/places.js";

const FOLDER = fileURLToPath(new URL("../../../fixtures/overlaps/", import.meta.url));
const CAPTURES = [
  ...readdirSync(FOLDER).map((name) => `${FOLDER}${name}`),
  fileURLToPath(new URL("../../../fixtures/captures/md-regions-edge.msl", import.meta.url)),
  fileURLToPath(new URL("../../../fixtures/captures/ms-basic-plain.msl", import.meta.url)),
];

/** The region at an address by the documented rule, over all regions: a captured page first, then the later timestamp, then the later block. */
async function regionAt(regions: readonly Region[], address: bigint): Promise<Region | undefined> {
  let best: { readonly region: Region; readonly rank: readonly [boolean, bigint, number] } | undefined;
  for (const region of regions) {
    if (address < region.baseAddr || address >= region.endAddr) continue;
    const page = Number((address - region.baseAddr) / BigInt(region.head.pageSize));
    const captured = (await region.pages()).stateAt(page) === "captured";
    const rank = [captured, region.head.timestampNs, region.block.index] as const;
    if (!best || isHigher(rank, best.rank)) best = { region, rank };
  }
  return best?.region;
}

function isHigher(a: readonly [boolean, bigint, number], b: readonly [boolean, bigint, number]): boolean {
  if (a[0] !== b[0]) return a[0];
  return a[1] === b[1] ? a[2] > b[2] : a[1] > b[1];
}

/** Addresses at and beside all borders of pages, in regions and around them. */
async function addressesOf(capture: Capture): Promise<bigint[]> {
  const addresses = new Set<bigint>([0n, (1n << 64n) - 1n]);
  for (const { baseAddr, endAddr, head } of await capture.regions()) {
    const step = BigInt(head.pageSize);
    for (let at = baseAddr; at <= endAddr && at < baseAddr + 64n * step; at += step)
      for (const address of [at - 1n, at, at + 1n]) if (address >= 0n && address < 1n << 64n) addresses.add(address);
  }
  for (const { baseAddr, moduleSize } of await capture.modules())
    for (const address of [baseAddr - 1n, baseAddr, baseAddr + moduleSize - 1n, baseAddr + moduleSize]) addresses.add(address);
  return [...addresses].sort((a, b) => (a < b ? -1 : 1));
}

it.each(CAPTURES)("a place has the region that memory prefers and the module at the address, in any order: %s", async (path) => {
  const capture = await openCapture(readFileSync(path));
  const regions = await capture.regions();
  const ascending = await addressesOf(capture);
  const shuffled = ascending.map((address, i) => [(i * 7919) % ascending.length, address] as const).sort(([a], [b]) => a - b);
  for (const addresses of [ascending, ascending.toReversed(), shuffled.map(([, address]) => address)]) {
    const places = await Places.of(capture).at(addresses);
    expect(places.map(({ address }) => address)).toEqual(addresses);
    for (const { address, region, module, moduleOffset } of places) {
      const expected = {
        region: (await regionAt(regions, address))?.block.index,
        module: (await capture.moduleAt(address))?.path,
      };
      expect([address, { region: region?.block.index, module: module?.path }]).toEqual([address, expected]);
      expect(moduleOffset).toBe(module && address - module.baseAddr);
    }
  }
  await capture.close();
});

it("addresses in ascending order start one sweep over the regions, however many lie in each region", async () => {
  const capture = await openCapture(readFileSync(CAPTURES.at(-1) ?? ""));
  const regions = await capture.regions();
  const addresses = regions.flatMap(({ baseAddr }) => Array.from({ length: 1000 }, (_, i) => baseAddr + BigInt(i)));
  addresses.sort((a, b) => (a < b ? -1 : 1));
  let sweeps = 0;
  const counted = {
    moduleAt: capture.moduleAt.bind(capture),
    memory: {
      owners: (...given: Parameters<Capture["memory"]["owners"]>) => {
        sweeps++;
        return capture.memory.owners(...given);
      },
    },
  };
  const places = Places.of(counted);
  for (const address of addresses) expect((await places.at([address]))[0]?.region).toBeDefined();
  expect(sweeps).toBe(1);
  await capture.close();
});

it("a look-up is cancelled by its signal", async () => {
  const capture = await openCapture(readFileSync(CAPTURES.at(-1) ?? ""));
  const [region] = await capture.regions();
  await expect(Places.of(capture, AbortSignal.abort()).at([region?.baseAddr ?? 0n])).rejects.toMatchObject({ code: "aborted" });
  await capture.close();
});
