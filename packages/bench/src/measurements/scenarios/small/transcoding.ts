/** Transcoding a capture of many Module Entries to a sink that drops the output. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CaptureInput, openCapture, type TranscodeReport, transcode } from "@memslice/msl";
import { inMemoryFolder } from "../../../captures/capture-file.js";
import { compare } from "../../harness/compare.js";
import type { Finding } from "../../harness/findings.js";
import type { ScenarioOptions } from "../../scenario.js";
import { moduleCapture, moduleValues } from "../../workloads/module-list.js";
import { eachBlock, smallPace } from "./each-block.js";

const MODULES = 200_000;
const QUICK_MODULES = 2_000;
const EACH_MOST = 12;

export async function* transcodingModules({ quick }: ScenarioOptions): AsyncGenerator<Finding> {
  const bytes = await moduleCapture(moduleValues(quick ? QUICK_MODULES : MODULES));
  const { folder, name, remove } = inMemoryFolder();
  try {
    const path = join(folder, "modules.msl");
    writeFileSync(path, bytes);
    const blocks = await blocksIn(bytes);
    const ofFile = { name: `memslice transcode, file in ${name}`, run: () => transcoded(path) };
    const ofBytes = { name: "memslice transcode, bytes in memory", run: () => transcoded(bytes) };
    const finding = await compare<TranscodeReport>(
      {
        title: `transcoding ${blocks} blocks to a sink that drops the bytes`,
        work: { amount: blocks, unit: "blocks" },
        ours: ofFile,
        peers: [ofBytes],
        check: ({ complete, output }) =>
          complete && output.blocks === blocks ? undefined : `writes ${output.blocks} of ${blocks} blocks, or changes them`,
      },
      { ...smallPace(quick), rounds: 6 },
    );
    yield finding;
    yield eachBlock(`${ofFile.name}: a block`, finding, { atMost: EACH_MOST });
    yield eachBlock(`${ofBytes.name}: a block`, finding, { atMost: EACH_MOST }, ofBytes.name);
  } finally {
    remove();
  }
}

function transcoded(input: CaptureInput): Promise<TranscodeReport> {
  return transcode(input, { write: () => {} });
}

async function blocksIn(bytes: Uint8Array): Promise<number> {
  const capture = await openCapture(bytes);
  await capture.close();
  return capture.blocks.length;
}
