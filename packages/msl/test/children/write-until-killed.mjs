/** Writes a capture block by block until somebody kills it. `node write-until-killed.mjs PATH FLUSH`. Reports the size behind every awaited call. */

import { writeSync } from "node:fs";
import { setImmediate as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { fileSink, MslWriter } from "@memslice/msl";

const PAGE = 4096;
const PAGES = 200;
export const STEPS = 600;

const uuidOf = (step) => `abababab-0000-4000-8000-${step.toString(16).padStart(12, "0")}`;

export const OPTIONS = {
  header: { osType: 1, archType: 1, pid: 77, timestampNs: 5n, dumpUuid: uuidOf(0xffff) },
  contents: ["MemoryRegion", "KeyHint", "RelatedDump"],
  compression: "none",
};

async function* slowly(step, pages) {
  for (let page = 0; page < pages; page++) {
    yield new Uint8Array(PAGE).fill(step + page);
    if (page % 4 === 0) await pause();
  }
}

function region(step) {
  const regionSize = BigInt(PAGES * PAGE);
  return {
    baseAddr: BigInt(step) * regionSize,
    regionSize,
    protection: 3,
    regionType: 1,
    pageSizeLog2: 12,
    timestampNs: BigInt(step),
    pageData: slowly(step, PAGES),
  };
}

/** Writes block number `step`: regions, some with key hints, some in two fragments, and small blocks between. */
export async function writeStep(writer, step) {
  if (step === 0)
    return writer.processIdentity({ ppid: 1, sessionId: 1, startTimeNs: 1n, exePath: "/bin/x" }, { uuid: uuidOf(step) });
  if (step === 1) return writer.moduleListIndex({ entries: [] }, { uuid: uuidOf(step) });
  const uuid = uuidOf(step);
  switch (step % 6) {
    case 2:
      return writer.memoryRegion(region(step), { uuid, hasKeyHints: true });
    case 3:
      return writer.keyHint(
        { regionUuid: uuidOf(step - 1), regionOffset: 0n, keyLen: 4, keyType: 0, protocol: 0, confidence: 0, keyState: 0 },
        { uuid },
      );
    case 4:
      return writer.memoryRegion(region(step), { uuid, hasChildren: true });
    case 5:
      return writer.memoryRegion(region(step), { uuid, continuationOf: uuidOf(step - 1) });
    case 0:
      return writer.memoryRegion(region(step), { uuid, compression: "auto" });
    default:
      return writer.relatedDump({ relatedDumpUuid: uuidOf(9999), relatedPid: step, relationship: 1 }, { uuid });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [, , path = "", flush = "block"] = process.argv;
  const writer = new MslWriter(await fileSink(path, { sync: "never" }), { ...OPTIONS, flush });
  writeSync(1, "0\n");
  for (let step = 0; step < STEPS; step++) {
    await writeStep(writer, step);
    writeSync(1, `${writer.size}\n`);
  }
  await writer.end();
}
