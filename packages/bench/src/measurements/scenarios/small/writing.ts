/** Writing many Module Entries, to a file and to a sink that drops them. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { BytesSink, fileSink, type MslWriter, type SinkInput } from "@memslice/msl";
import { inMemoryFolder } from "../../../captures/capture-file.js";
import { compare } from "../../harness/compare.js";
import type { Finding } from "../../harness/findings.js";
import { decodeModulesByHand } from "../../peers/hand-written-decoder.js";
import { HandWriter } from "../../peers/hand-written-writer.js";
import type { ScenarioOptions } from "../../scenario.js";
import { MODULES_FROM, type ModuleValue, moduleValues, writeModules, writerBeforeModules } from "../../workloads/module-list.js";
import { eachBlock, smallPace } from "./each-block.js";

const MODULES = 50_000;
const QUICK_MODULES = 2_000;
const TO_FILE_MOST = 8;
const DROPPED_MOST = 5;

/** Times the calls of `moduleEntry` and `end`; the Module List Index, one large block, is written before. */
export async function* writingModules({ quick }: ScenarioOptions): AsyncGenerator<Finding> {
  const modules = moduleValues(quick ? QUICK_MODULES : MODULES);
  const { folder, name, remove } = inMemoryFolder();
  try {
    const path = join(folder, "written.msl");
    const sink = new BytesSink();
    const expected = await writeModules(await writerBeforeModules(sink, modules), modules);
    const toFile = contender(`MslWriter to a file in ${name}`, modules, () => {
      rmSync(path, { force: true });
      return fileSink(path);
    });
    const dropped = contender("MslWriter to a sink that drops the bytes", modules, () => ({ write: () => {} }));
    const finding = await compare<string>(
      {
        title: `writing ${modules.length} Module Entries of about 200 bytes`,
        work: { amount: modules.length, unit: "blocks" },
        ours: dropped,
        peers: [toFile, byHand(sink.bytes(), modules)],
        check: (fileHash) => (fileHash === expected ? undefined : "gives another FileHash"),
      },
      smallPace(quick),
    );
    yield finding;
    yield eachBlock(`${dropped.name}: a Module Entry`, finding, { atMost: DROPPED_MOST });
    yield eachBlock(`${toFile.name}: a Module Entry`, finding, { atMost: TO_FILE_MOST }, toFile.name);
  } finally {
    remove();
  }
}

/** Returns a contender that writes the modules to a new sink in each run. */
function contender(name: string, modules: readonly ModuleValue[], sink: () => SinkInput | Promise<SinkInput>) {
  let writer: MslWriter | undefined;
  return {
    name,
    prepare: async () => {
      writer = await writerBeforeModules(await sink(), modules);
    },
    run: async () => {
      if (!writer) throw new Error("There is no writer");
      return writeModules(writer, modules);
    },
  };
}

/** Writes the modules behind the Module List Index of `capture` again. */
function byHand(capture: Uint8Array, modules: readonly ModuleValue[]) {
  let first = 0;
  decodeModulesByHand(capture, ({ index, offset }) => {
    if (index === MODULES_FROM) first = offset;
  });
  let writer: HandWriter | undefined;
  return {
    name: "writer written by hand, to a function that drops the bytes",
    prepare: () => {
      writer = new HandWriter(capture, first, () => {});
    },
    run: () => {
      for (const module of modules) writer?.write(module);
      return writer?.end() ?? "";
    },
  };
}
