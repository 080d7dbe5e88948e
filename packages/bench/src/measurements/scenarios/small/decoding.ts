/** Decoding many Module Entries with each of the readers, against a decoder that is written by hand. */
import { writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { BlockType, type CaptureInput, MslReader, MslSliceReader, openCapture } from "@memslice/msl";
import { inMemoryFolder } from "../../../captures/capture-file.js";
import { compare } from "../../harness/compare.js";
import type { Bar, ComparisonFinding, Finding } from "../../harness/findings.js";
import { decodeModulesByHand } from "../../peers/hand-written-decoder.js";
import type { ScenarioOptions } from "../../scenario.js";
import { MODULES_FROM, type ModuleValue, moduleCapture, moduleValues } from "../../workloads/module-list.js";
import { DecodedModules } from "./decoded-modules.js";
import { eachBlock, smallPace } from "./each-block.js";

const MODULES = 200_000;
const QUICK_MODULES = 10_000;
const STREAM_CHUNK_BYTES = 64 * 1024;

interface Workload {
  readonly modules: readonly ModuleValue[];
  readonly bytes: Uint8Array;
}

interface Reading {
  readonly name: string;
  readonly bar?: Bar;
  read(): Promise<DecodedModules> | DecodedModules;
}

export async function* decodingSlice({ quick }: ScenarioOptions): AsyncGenerator<Finding> {
  const workload = await smallModules(quick);
  const { bytes } = workload;
  const finding = await againstHand(workload, { name: "MslSliceReader", read: () => bySlice(bytes) }, quick, {
    atLeast: 0.5,
  });
  yield finding;
  yield eachBlock("MslSliceReader: a Module Entry", finding, { atMost: 1.2 });
}

export async function* decodingStream({ quick }: ScenarioOptions): AsyncGenerator<Finding> {
  const workload = await smallModules(quick);
  const { bytes } = workload;
  const all = { name: "MslReader.decodeAll, chunks of 64 KiB", read: () => byStreamBatches(bytes) };
  const each = { name: "MslReader and decode of each block, chunks of 64 KiB", read: () => byStream(bytes) };
  const hand = { name: "decoder written by hand, bytes in memory", read: () => byHand(bytes) };
  const finding = await against(workload.modules, all, [hand, each], quick);
  yield finding;
  yield eachBlock(`${all.name}: a Module Entry`, finding, { atMost: 2 });
  yield eachBlock(`${each.name}: a Module Entry`, finding, undefined, each.name);
}

export async function* decodingCapture({ quick }: ScenarioOptions): AsyncGenerator<Finding> {
  const workload = await smallModules(quick);
  const { folder, name, remove } = inMemoryFolder();
  try {
    const path = join(folder, "modules.msl");
    writeFileSync(path, workload.bytes);
    const { modules, bytes } = workload;
    const wholeFile = { name: "decoder written by hand, file read whole", read: async () => byHand(await readFile(path)) };
    yield* allAndEach(`file in ${name}`, path, wholeFile, { modules, quick });
    const inMemory = { name: "decoder written by hand, bytes in memory", read: () => byHand(bytes) };
    yield* allAndEach("bytes in memory", bytes, inMemory, { modules, quick });
  } finally {
    remove();
  }
}

/** `decodeAll` and, beside it, `decode` of each block after the other. */
async function* allAndEach(
  where: string,
  input: CaptureInput,
  hand: Reading,
  { modules, quick }: { readonly modules: readonly ModuleValue[]; readonly quick: boolean },
): AsyncGenerator<Finding> {
  const all = { name: `openCapture and decodeAll, ${where}`, read: () => byBatches(input) };
  const each = { name: `openCapture and decode of each block, ${where}`, read: () => byBlocks(input) };
  const finding = await against(modules, all, [hand, each], quick);
  yield finding;
  yield eachBlock(`${all.name}: a Module Entry`, finding, { atMost: 2.5 });
}

async function smallModules(quick: boolean): Promise<Workload> {
  const modules = moduleValues(quick ? QUICK_MODULES : MODULES);
  return { modules, bytes: await moduleCapture(modules) };
}

function againstHand({ modules, bytes }: Workload, ours: Reading, quick: boolean, bar?: Bar): Promise<ComparisonFinding> {
  const peer = { name: "decoder written by hand, bytes in memory", read: () => byHand(bytes), ...(bar && { bar }) };
  return against(modules, ours, [peer], quick);
}

function against(
  modules: readonly ModuleValue[],
  ours: Reading,
  peers: readonly Reading[],
  quick: boolean,
): Promise<ComparisonFinding> {
  const contender = ({ name, read, bar }: Reading) => ({ name, run: read, ...(bar && { bar }) });
  return compare<DecodedModules>(
    {
      title: `decoding ${modules.length} Module Entries of about 200 bytes, opening included: ${ours.name}`,
      work: { amount: modules.length, unit: "blocks" },
      ours: contender(ours),
      peers: peers.map(contender),
      check: (found) => found.difference(modules),
    },
    smallPace(quick),
  );
}

function byHand(bytes: Uint8Array): DecodedModules {
  const found = new DecodedModules();
  decodeModulesByHand(bytes, (module) => found.take(module.uuid, module));
  return found;
}

function bySlice(bytes: Uint8Array): DecodedModules {
  const found = new DecodedModules();
  for (const block of new MslSliceReader(bytes)) {
    if (block.type !== BlockType.ModuleEntry) continue;
    const { payload } = block.decode();
    if (payload?.kind === "ModuleEntry") found.take(block.uuid, payload);
  }
  return found;
}

async function byStreamBatches(bytes: Uint8Array): Promise<DecodedModules> {
  const found = new DecodedModules();
  for await (const batch of MslReader.from(chunksOf(bytes)).decodeAll({ from: MODULES_FROM })) {
    for (const { block, result } of batch) {
      if (result.payload?.kind === "ModuleEntry") found.take(block.uuid, result.payload);
    }
  }
  return found;
}

async function byStream(bytes: Uint8Array): Promise<DecodedModules> {
  const found = new DecodedModules();
  for await (const block of MslReader.from(chunksOf(bytes))) {
    if (block.type !== BlockType.ModuleEntry) continue;
    const { payload } = await block.decode();
    if (payload?.kind === "ModuleEntry") found.take(block.uuid, payload);
  }
  return found;
}

async function byBatches(input: CaptureInput): Promise<DecodedModules> {
  const found = new DecodedModules();
  const capture = await openCapture(input);
  for await (const batch of capture.decodeAll({ from: MODULES_FROM })) {
    for (const { block, result } of batch) {
      if (result.payload?.kind === "ModuleEntry") found.take(block.uuid, result.payload);
    }
  }
  await capture.close();
  return found;
}

async function byBlocks(input: CaptureInput): Promise<DecodedModules> {
  const found = new DecodedModules();
  const capture = await openCapture(input);
  for (const block of capture.blocks.ofType(BlockType.ModuleEntry)) {
    const { payload } = await block.decode();
    if (payload?.kind === "ModuleEntry") found.take(block.uuid, payload);
  }
  await capture.close();
  return found;
}

function* chunksOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += STREAM_CHUNK_BYTES) yield bytes.subarray(at, at + STREAM_CHUNK_BYTES);
}
