/**
 * Makes a writer load and compile everything before a process is stopped for it: WebAssembly, the native hash package, the code of the writer. Writes a small
 * capture and drops it.
 */
import { MslWriter, type WriterOptions } from "@memslice/msl";

/** So many bytes that the writer has chosen who hashes when they are written. */
const REGION_BYTES = 5 * 1024 * 1024;

/**
 * `options`: those of the writer that is going to be used. Encryption is left out: deriving a key takes long, and leaves nothing behind that helps. `writeMore`
 * writes regions as they are going to be written.
 */
export async function warmUpWriter(
  { encryption: _, ...options }: WriterOptions,
  writeMore: (writer: MslWriter) => Promise<void> = async () => {},
): Promise<void> {
  const header = { ...options.header, investigation: false };
  const writer = new MslWriter(
    { keepsBytes: false, takesShared: true, write: () => {} },
    { ...options, header, contents: ["MemoryRegion"] },
  );
  try {
    await writer.processIdentity({ ppid: 0, sessionId: 0, startTimeNs: 0n });
    await writer.moduleListIndex({ entries: [] });
    const region = {
      baseAddr: 0n,
      regionSize: BigInt(REGION_BYTES),
      protection: 0,
      regionType: 0,
      pageSizeLog2: 12,
      timestampNs: 0n,
    };
    await writer.memoryRegion({ ...region, pageData: new Uint8Array(REGION_BYTES) });
    await writeMore(writer);
    await writer.end();
  } finally {
    await writer.close();
  }
}
