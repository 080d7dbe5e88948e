/** What the importer finds in bytes; reads outside of them fail. */
import { DumpNotes } from "../../src/dump/dump-notes.js";
import { importMinidump } from "../../src/minidump/import-minidump.js";

function sourceOf(bytes: Uint8Array) {
  return {
    size: bytes.length,
    read: async (offset: number, length: number) => {
      if (offset < 0 || offset + length > bytes.length)
        throw new Error(`read [${offset}, ${offset + length}) of ${bytes.length}`);
      return bytes.subarray(offset, offset + length);
    },
  };
}

export async function imported(bytes: Uint8Array) {
  const notes = new DumpNotes();
  const options = { base: 0n, regionLimit: 4096, tableLimit: 1 << 20 };
  return { dump: await importMinidump({ source: sourceOf(bytes), options, notes }), notes };
}
