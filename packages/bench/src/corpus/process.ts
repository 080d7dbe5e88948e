/** Recipes for the parts that most captures share: the identity of the process, its modules, its memory. */
import type { PageStretch } from "@memslice/msl";
import type { Facts } from "./facts.js";
import type { BlockRecipe, HeaderRecipe, Placement, Recipe, RegionRecipe, TableRecipe } from "./recipe.js";

export const PAGE_LOG2 = 12;
const LINUX = 1;
const X86_64 = 1;
const CLOCK_REALTIME = 1;

export const Protection = { R: 1, RW: 3, RX: 5 } as const;
export const RegionType = { heap: 1, stack: 2, image: 3, mappedFile: 4, anonymous: 5 } as const;

const LIBRARIES = ["libc.so.6", "libm.so.6", "libcrypto.so.3", "libssl.so.3", "libz.so.1", "libstdc++.so.6", "libgröße.so"];
const PROGRAMS = ["/usr/bin/nginx", "/usr/sbin/sshd", "/opt/ライブラリ/daemon", "/usr/lib/firefox/firefox"];

function header(facts: Facts, given: Partial<HeaderRecipe> = {}): HeaderRecipe {
  return {
    osType: LINUX,
    archType: X86_64,
    pid: facts.pid(),
    timestampNs: facts.nextTime(),
    clockSource: CLOCK_REALTIME,
    hashAlgo: 0,
    dumpUuid: facts.uuid(),
    ...given,
  };
}

export function processIdentity(facts: Facts): TableRecipe {
  const exePath = facts.random.pick(PROGRAMS);
  return {
    uuid: facts.uuid(),
    payload: {
      kind: "ProcessIdentity",
      ppid: facts.pid(),
      sessionId: facts.pid(),
      startTimeNs: facts.earlierTime(),
      exePath,
      cmdLine: `${exePath} --port=${1024 + facts.random.below(60_000)} «ünïcode»`,
    },
  };
}

/** Module List Index and Module Entries. */
export function modules(facts: Facts, count: number): TableRecipe[] {
  const { index, entries } = moduleBlocks(facts, count);
  return [index, ...entries];
}

/** The same, separately: for captures with other blocks between the index and the entries. */
export function moduleBlocks(facts: Facts, count: number): { index: TableRecipe; entries: TableRecipe[] } {
  const index = facts.uuid();
  const entries = Array.from({ length: count }, (_, i) => moduleEntry(facts, index, i));
  const listed = entries.map(({ uuid, payload: { baseAddr, moduleSize, path } }) => ({
    moduleUuid: uuid,
    baseAddr,
    moduleSize,
    path,
  }));
  return { index: { uuid: index, hasChildren: count > 0, payload: { kind: "ModuleListIndex", entries: listed } }, entries };
}

function moduleEntry(facts: Facts, parentUuid: string, number: number) {
  const { random } = facts;
  const moduleSize = BigInt(1 + random.below(512)) << BigInt(PAGE_LOG2);
  const folder = number < LIBRARIES.length ? "/usr/lib" : `/opt/plugin-${number}`;
  return {
    uuid: facts.uuid(),
    parentUuid,
    payload: {
      kind: "ModuleEntry",
      baseAddr: facts.nextAddress(moduleSize, PAGE_LOG2),
      moduleSize,
      path: `${folder}/${LIBRARIES[number % LIBRARIES.length]}`,
      version: number % 3 === 0 ? "" : `${random.below(10)}.${random.below(20)}.${random.below(100)}`,
      diskHash: number % 4 === 3 ? new Uint8Array(32) : random.bytes(32),
      nativeBlob: random.bytes([0, 24, 513][number % 3] ?? 0),
    },
  } as const;
}

interface RegionGiven extends Partial<Placement> {
  readonly protection?: number;
  readonly regionType?: number;
  readonly pageSizeLog2?: number;
  /** Set if the region must begin at this address. */
  readonly baseAddr?: bigint;
  readonly continuationOf?: string;
}

/** `pages`: the number of captured pages, or the states of all pages from the first to the last. */
export function region(facts: Facts, pages: number | readonly PageStretch[], given: RegionGiven = {}): RegionRecipe {
  const {
    protection = Protection.RW,
    regionType = RegionType.anonymous,
    pageSizeLog2 = PAGE_LOG2,
    baseAddr,
    ...placement
  } = given;
  const stretches = typeof pages === "number" ? [{ count: pages, state: "captured" as const }] : pages;
  const size = BigInt(stretches.reduce((sum, { count }) => sum + count, 0)) << BigInt(pageSizeLog2);
  return {
    uuid: facts.uuid(),
    ...placement,
    payload: {
      kind: "MemoryRegion",
      baseAddr: baseAddr ?? facts.nextAddress(size, pageSizeLog2),
      protection,
      regionType,
      pageSizeLog2,
      timestampNs: facts.nextTime(),
      stretches,
      stream: facts.random.u32(),
    },
  };
}

/** A heap, a stack, an image and a mapped file, all captured: memory for captures that demonstrate something else. */
export function someMemory(facts: Facts, compression?: Placement["compression"]): RegionRecipe[] {
  const stored = compression === undefined ? {} : { compression };
  return [
    region(facts, 64, { regionType: RegionType.heap, ...stored }),
    region(facts, 16, { regionType: RegionType.stack, ...stored }),
    region(facts, 32, { regionType: RegionType.image, protection: Protection.RX, ...stored }),
    region(facts, 8, { regionType: RegionType.mappedFile, protection: Protection.R, ...stored }),
  ];
}

/** For a region with `hasKeyHints`; `offset`: position of the key in the captured page data. */
export function keyHint(facts: Facts, { uuid }: RegionRecipe, offset: number): TableRecipe {
  const { random } = facts;
  return {
    uuid: facts.uuid(),
    payload: {
      kind: "KeyHint",
      regionUuid: uuid,
      regionOffset: BigInt(offset),
      keyLen: random.pick([16, 32, 48]),
      keyType: 1 + random.below(12),
      protocol: 1 + random.below(9),
      confidence: random.below(3),
      keyState: random.below(3),
      note: random.oneIn(2) ? "" : "client_random précédent",
    },
  };
}

export function relatedDump(facts: Facts): TableRecipe {
  return {
    uuid: facts.uuid(),
    payload: {
      kind: "RelatedDump",
      relatedDumpUuid: facts.uuid(),
      relatedPid: facts.pid(),
      relationship: 1 + facts.random.below(5),
    },
  };
}

interface WholeGiven extends Partial<Omit<Recipe, "header" | "blocks">> {
  readonly header?: Partial<HeaderRecipe>;
}

/** A recipe for these blocks, which `makeBlocks` derives from the same facts. The header's timestamp is older than theirs. */
export function recipe(facts: Facts, makeBlocks: () => readonly BlockRecipe[], given: WholeGiven = {}): Recipe {
  const { header: told, ...rest } = given;
  const head = header(facts, told);
  const blocks = makeBlocks();
  const end = { uuid: facts.uuid(), acqEndNs: facts.nextTime() };
  return { memorySeed: facts.memorySeed, header: head, announcesCount: false, blocks, end, ...rest };
}
