/** What the importer finds in bytes; reads outside of them fail. */
import type { WritableThreadContext } from "@memslice/msl";
import { DumpNotes } from "../../src/dump/dump-notes.js";
import type { ProcessDump } from "../../src/dump/process-dump.js";
import { importMinidump } from "../../src/minidump/import-minidump.js";

/** `size`: bytes of the whole file, of which only the first are there. */
function sourceOf(bytes: Uint8Array, size: number) {
  return {
    size,
    read: async (offset: number, length: number) => {
      if (offset < 0 || offset + length > bytes.length)
        throw new Error(`read [${offset}, ${offset + length}) of ${bytes.length}`);
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** The dump with all of its threads. */
interface Found {
  readonly dump: Omit<ProcessDump, "threads"> & { readonly threads: readonly WritableThreadContext[] };
  readonly notes: DumpNotes;
}

export async function imported(bytes: Uint8Array, size = bytes.length): Promise<Found> {
  const notes = new DumpNotes();
  const options = { base: 0n, regionLimit: 4096, tableLimit: 1 << 20 };
  const dump = await importMinidump({ source: sourceOf(bytes, size), options, notes });
  const threads: WritableThreadContext[] = [];
  for await (const thread of dump.threads) threads.push(thread);
  return { dump: { ...dump, threads }, notes };
}
