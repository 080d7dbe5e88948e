/** A program of a user. declarations.test.ts compiles it in projects that differ in compiler, libraries and resolution; nothing runs it. */
import { type Comparison, compare, type Match, scanYara, search, textPattern } from "@memslice/analysis";
import { Blake3 } from "@memslice/core-wasm";
import { hashSlabs } from "@memslice/core-wasm/slab-thread";
import { SubtreeThread } from "@memslice/core-wasm/subtree-thread";
import {
  BytesSink,
  type Capture,
  httpSource,
  MslReader,
  MslSliceReader,
  MslWriter,
  openCapture,
  type Payload,
  transcode,
  verifyStream,
} from "@memslice/msl";
import { openCapture as openPlain } from "@memslice/msl/plain";
import { openCapture as openToRead } from "@memslice/msl/read";
import { verifyStream as verifyPlain } from "@memslice/msl/verify";

export async function modulesOf(input: string | Uint8Array | URL | Blob, signal: AbortSignal): Promise<string[]> {
  await using capture: Capture = await openCapture(input, { signal });
  const paths: string[] = [];
  for (const block of capture.blocks) {
    const { payload, problem } = await block.decode();
    if (problem) paths.push(`${problem.id} at ${problem.at}`);
    else if (payload) paths.push(...textsOf(payload));
  }
  return paths;
}

function textsOf(payload: Payload): string[] {
  switch (payload.kind) {
    case "ModuleEntry":
      return [payload.path, payload.baseAddr.toString(16)];
    case "ProcessTable":
      return payload.entries.map(({ exeName, pid }) => `${pid} ${exeName}`);
    default:
      return [];
  }
}

export async function copied(stream: ReadableStream<Uint8Array>, target: WritableStream<Uint8Array>): Promise<string> {
  for await (const block of MslReader.from(stream)) console.log(block.typeName);
  await using writer = new MslWriter(target, { header: { osType: "Linux", archType: "x86_64", pid: 1 }, contents: [] });
  await writer.processIdentity({ ppid: 1, sessionId: 0, startTimeNs: 0n, exePath: "/bin/true" });
  const { verdict } = await verifyStream(stream);
  return verdict;
}

export async function plainCopy(bytes: Uint8Array): Promise<Uint8Array> {
  const sink = new BytesSink();
  await transcode(bytes, sink, { compression: "zstd" });
  return sink.bytes();
}

export function digestOf(bytes: Uint8Array): Uint8Array {
  using hasher = new Blake3();
  hasher.update(bytes);
  return hasher.digest();
}

export const others = { openPlain, openToRead, verifyPlain, hashSlabs, SubtreeThread, httpSource, MslSliceReader };

/** Questions to memory. */
export async function asked(capture: Capture): Promise<readonly Match[]> {
  const matches: Match[] = [];
  for await (const batch of search(capture.memory, [textPattern("text")], { threads: 2 })) matches.push(...batch);
  const comparison: Comparison = compare(capture, capture, { threads: "auto" });
  for await (const batch of comparison) matches.length += batch.length;
  const engine = { script: "./yara.js", wasm: new Uint8Array(8) };
  for await (const batch of scanYara(capture.memory, "rule a { condition: true }", { engine }))
    matches.push(...batch.map(({ address, length }) => ({ address, length, pattern: 0 })));
  return matches;
}
