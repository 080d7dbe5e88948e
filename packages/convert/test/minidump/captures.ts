/** Captures whose content the tests of the export know. */
import {
  type ARCH_TYPE,
  BytesSink,
  type Capture,
  type CodeOf,
  MslWriter,
  type OS_TYPE,
  openCapture,
  pagesOf,
  type WritableModuleEntry,
} from "@memslice/msl";
import { pattern } from "./fixture.js";

const PAGE = 4096;
const ROLES: Readonly<Record<string, number>> = { rip: 1, eip: 1, pc: 1, rsp: 2, esp: 2, sp: 2 };

type State = "captured" | "failed" | "unmapped";

interface RegionContent {
  readonly base: bigint;
  readonly pages: readonly State[];
  readonly protection?: number;
  readonly type?: number;
}

interface ThreadContent {
  readonly id: bigint;
  readonly current?: boolean;
  readonly crashed?: boolean;
  readonly name?: string;
  readonly startTimeNs?: bigint;
  /** Values of registers and their sizes in bytes. */
  readonly registers: Readonly<Record<string, readonly [value: bigint, size: number]>>;
}

export interface ProcessContent {
  readonly osType?: CodeOf<typeof OS_TYPE>;
  readonly archType?: CodeOf<typeof ARCH_TYPE>;
  readonly regions: readonly RegionContent[];
  readonly threads?: readonly ThreadContent[];
  readonly modules?: readonly (Pick<WritableModuleEntry, "baseAddr" | "moduleSize" | "path"> & Partial<WritableModuleEntry>)[];
  readonly handles?: readonly { readonly pid: number; readonly fd: number; readonly handleType: number; readonly path: string }[];
}

export const TIME_NS = 1_700_000_000n * 1_000_000_000n;
export const PID = 4242;

/** The bytes of a captured page: they differ from page to page. */
export function pageAt(address: bigint): Uint8Array {
  return pattern(PAGE, Number((address >> 12n) & 0xffffn));
}

export async function captureOf(content: ProcessContent): Promise<Capture> {
  return openCapture(await captureBytesOf(content));
}

async function captureBytesOf({
  osType = "Windows",
  archType = "x86_64",
  regions,
  threads = [],
  modules = [],
  handles = [],
}: ProcessContent) {
  const sink = new BytesSink();
  const has = (items: readonly unknown[], ...kinds: string[]) => (items.length > 0 ? (kinds as "MemoryRegion"[]) : []);
  const writer = new MslWriter(sink, {
    header: { osType, archType, pid: PID, timestampNs: TIME_NS, investigation: handles.length > 0 },
    contents: [
      ...has(modules, "ModuleEntry"),
      ...has(threads, "ThreadContext"),
      ...has(handles, "HandleTable"),
      ...has(regions, "MemoryRegion"),
    ],
  });
  await writer.processIdentity({
    ppid: 1,
    sessionId: 0,
    startTimeNs: TIME_NS - 5_000_000_000n,
    exePath: "/bin/a",
    cmdLine: "a --b",
  });
  const uuids = modules.map(() => crypto.randomUUID());
  const entries = modules.map(({ baseAddr, moduleSize, path }, at) => ({
    baseAddr,
    moduleSize,
    path: path ?? "",
    moduleUuid: uuids[at] ?? "",
  }));
  await writer.moduleListIndex({ entries });
  if (handles.length > 0) {
    await writer.systemContext({
      bootTimeNs: 0n,
      targetCount: 1,
      hostname: "h",
      osDetail: "Windows 10.0.19045 (Service Pack 1)",
    });
    await writer.handleTable({ entries: handles });
  }
  for (const [at, module] of modules.entries()) await writer.moduleEntry(module, { uuid: uuids[at] });
  for (const { id, current = false, crashed = false, name = "", startTimeNs = 0n, registers } of threads)
    await writer.threadContext({
      ...{ threadId: id, startTimeNs, flags: (current ? 1 : 0) | (crashed ? 2 : 0), threadState: 0, name },
      registers: Object.entries(registers).map(([register, [value, size]]) => ({
        ...{ name: register, flags: ROLES[register] ?? 0 },
        value: Uint8Array.from({ length: size }, (_, byte) => Number((value >> BigInt(8 * byte)) & 0xffn)),
      })),
    });
  for (const { base, pages, protection = 3, type = 5 } of regions) {
    const captured = pages.flatMap((state, at) => (state === "captured" ? [pageAt(base + BigInt(at * PAGE))] : []));
    await writer.memoryRegion({
      ...{
        baseAddr: base,
        regionSize: BigInt(pages.length * PAGE),
        protection,
        regionType: type,
        pageSizeLog2: 12,
        timestampNs: TIME_NS,
      },
      pages: pagesOf(pages.map((state) => ({ state, count: 1 }))),
      pageData: captured,
    });
  }
  await writer.end();
  return sink.bytes();
}
