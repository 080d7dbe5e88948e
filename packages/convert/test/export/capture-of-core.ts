/** A capture made of an ELF core by MslWriter and the small reader of the tests. */
import { BytesSink, MslWriter, pagesOf, type WriterOptions } from "@memslice/msl";
import { filesOf, type ReadCore, type ReadFile, threadsOf } from "./core-reader.js";

const PAGE = 4096;
const ROLES: Readonly<Record<string, number>> = { rip: 1, rsp: 2, rbp: 4, eflags: 8 };

/** Regions for segments, with failed pages where a segment has fewer bytes in the file; threads, the first one current; modules by file. */
export async function captureOfCore(
  core: ReadCore,
  bytes: Uint8Array,
  { pid, exePath, ...options }: { readonly pid: number; readonly exePath: string } & Partial<WriterOptions>,
): Promise<Uint8Array> {
  const files = new Map<string, ReadFile[]>();
  for (const file of filesOf(core)) files.set(file.path, [...(files.get(file.path) ?? []), file]);
  const modules = [...files].map(([path, mappings]) => {
    const baseAddr = mappings[0]?.start ?? 0n;
    return { baseAddr, moduleSize: (mappings.at(-1)?.end ?? 0n) - baseAddr, path };
  });
  const threads = threadsOf(core);
  const sink = new BytesSink();
  const writer = new MslWriter(sink, {
    header: { osType: 1, archType: 1, pid, timestampNs: 1n },
    contents: ["ModuleEntry", "ThreadContext", "MemoryRegion"],
    ...options,
  });
  await writer.processIdentity({ ppid: 1, sessionId: 2, startTimeNs: 0n, exePath, cmdLine: `${exePath} --one two` });
  const { modules: announced } = await listOf(writer, modules);
  for (const module of announced) await writer.moduleEntry(module);
  for (const [index, { id, registers }] of threads.entries()) {
    await writer.threadContext({
      ...{ threadId: BigInt(id), startTimeNs: 0n, flags: index === 0 ? 1 : 0, threadState: 3, name: "" },
      registers: [...registers].map(([name, value]) => ({ name, value, flags: ROLES[name] ?? 0 })),
    });
  }
  for (const { start, size, offset, fileSize, flags } of core.segments) {
    if (start >= 1n << 63n) continue;
    const [pages, held] = [Number(size) / PAGE, Math.floor(fileSize / PAGE)];
    const parts = [
      { state: "captured", count: held },
      { state: "failed", count: pages - held },
    ] as const;
    await writer.memoryRegion({
      ...{ baseAddr: start, regionSize: size, regionType: 5, pageSizeLog2: 12, timestampNs: 1n },
      protection: (flags & 4 ? 1 : 0) | (flags & 2 ? 2 : 0) | (flags & 1 ? 4 : 0),
      pages: pagesOf(parts.filter(({ count }) => count > 0)),
      pageData: bytes.subarray(offset, offset + held * PAGE),
    });
  }
  await writer.end();
  return sink.bytes();
}

async function listOf(writer: MslWriter, modules: readonly { baseAddr: bigint; moduleSize: bigint; path: string }[]) {
  const listed = modules.map((module, i) => ({
    ...module,
    moduleUuid: `00000000-0000-4000-8000-${String(i + 1).padStart(12, "0")}`,
  }));
  await writer.moduleListIndex({ entries: listed });
  return {
    modules: listed.map((module) => ({ ...module, version: "", diskHash: new Uint8Array(32), nativeBlob: new Uint8Array(0) })),
  };
}
