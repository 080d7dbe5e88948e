/** Small captures for the tests of exports. */
import {
  type ARCH_TYPE,
  BytesSink,
  type Capture,
  type CodeOf,
  MslWriter,
  type OpenOptions,
  type OS_TYPE,
  openCapture,
  pagesOf,
  type WriterOptions,
} from "@memslice/msl";

const PAGE = 4096;

/** Pages of a region: a number fills a captured page, the words are states. */
type PageContent = number | "failed" | "unmapped";

interface RegionContent {
  readonly base: bigint;
  readonly pages: readonly PageContent[];
  readonly protection?: number;
  readonly timestampNs?: bigint;
}

interface SmallThread {
  readonly id: bigint;
  readonly current?: boolean;
  readonly registers: Readonly<Record<string, Uint8Array>>;
}

export interface SmallCapture {
  readonly osType?: CodeOf<typeof OS_TYPE>;
  readonly exePath?: string;
  readonly archType?: CodeOf<typeof ARCH_TYPE>;
  readonly regions: readonly RegionContent[];
  readonly threads?: readonly SmallThread[];
  readonly modules?: readonly { readonly baseAddr: bigint; readonly moduleSize: bigint; readonly path: string }[];
  readonly writer?: Partial<WriterOptions>;
  readonly open?: OpenOptions;
}

const ROLES: Readonly<Record<string, number>> = { rip: 1, eip: 1, pc: 1, rsp: 2, esp: 2, sp: 2 };

export async function smallCaptureBytes({
  osType = 1,
  exePath = "/bin/tool",
  archType = 1,
  regions,
  threads = [],
  modules = [],
  writer: options = {},
}: SmallCapture): Promise<Uint8Array> {
  const sink = new BytesSink();
  const writer = new MslWriter(sink, {
    header: { osType, archType, pid: 77, timestampNs: 1n },
    contents: [
      ...(threads.length > 0 ? (["ThreadContext"] as const) : []),
      ...(modules.length > 0 ? (["ModuleEntry"] as const) : []),
      "MemoryRegion",
    ],
    ...options,
  });
  await writer.processIdentity({ ppid: 5, sessionId: 6, startTimeNs: 0n, exePath, cmdLine: "tool --all" });
  await writer.moduleListIndex({ entries: modules });
  for (const module of modules) await writer.moduleEntry(module);
  for (const { id, current = false, registers } of threads)
    await writer.threadContext({
      ...{ threadId: id, startTimeNs: 0n, flags: current ? 1 : 0, threadState: 3, name: "" },
      registers: Object.entries(registers).map(([name, value]) => ({ name, value, flags: ROLES[name] ?? 0 })),
    });
  for (const { base, pages, protection = 3, timestampNs = 1n } of regions) {
    const captured = pages.filter((page) => typeof page === "number");
    const pageData = new Uint8Array(captured.length * PAGE);
    for (const [index, value] of captured.entries()) pageData.fill(value, index * PAGE, (index + 1) * PAGE);
    await writer.memoryRegion({
      ...{ baseAddr: base, regionSize: BigInt(pages.length * PAGE), protection, regionType: 5, pageSizeLog2: 12, timestampNs },
      pages: pagesOf(pages.map((page) => ({ state: typeof page === "number" ? "captured" : page, count: 1 }))),
      pageData,
    });
  }
  await writer.end();
  return sink.bytes();
}

export async function smallCapture(content: SmallCapture): Promise<Capture> {
  return openCapture(await smallCaptureBytes(content), content.open ?? {});
}

/** A number as little-endian bytes. */
export function little(value: bigint, width: number): Uint8Array {
  return Uint8Array.from({ length: width }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}
