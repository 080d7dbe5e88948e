/** Inputs of the writer for tests, and captures that are the same on every run. */
import { BytesSink, type CaptureHeader, MslSliceReader, MslWriter, openCapture, type WriterOptions } from "../src/index.js";

export const HEADER: CaptureHeader = { osType: 1, archType: 1, pid: 7, timestampNs: 1000n };
export const IDENTITY = { ppid: 1, sessionId: 2, startTimeNs: 3n, exePath: "/bin/ls", cmdLine: "ls -l" };
export const PROVENANCE = { sourceFormat: 2, toolName: "msl 1", importTimeNs: 5n, origFileSize: 6n, note: "" };
export const CONTEXT = { bootTimeNs: 1n, targetCount: 1, acqUser: "u", hostname: "h", domain: "d", osDetail: "o", caseRef: "c" };
export const PROCESS = {
  pid: 7,
  ppid: 1,
  uid: 0,
  isTarget: true,
  startTimeNs: 3n,
  rss: 4096n,
  exeName: "ls",
  cmdLine: "ls -l",
  user: "root",
};
export const CONNECTION = {
  pid: 7,
  family: 2,
  protocol: 6,
  state: 1,
  localAddr: new Uint8Array(16).fill(1, 0, 4),
  localPort: 443,
  remoteAddr: new Uint8Array(16).fill(2, 0, 4),
  remotePort: 51_000,
};
export const HANDLE = { pid: 7, fd: 3, handleType: 1, path: "/etc/passwd" };
export const ROW = { rowType: 6, family: 2, inUse: 1, alloc: 2, mem: 3n } as const;
export const MODULE = { baseAddr: 0x400000n, moduleSize: 0x1000n, path: "/bin/ls" };
export const RELATED = { relatedDumpUuid: "aaaaaaaa-0000-4000-8000-000000000001", relatedPid: 8, relationship: 2 };
export const HINT = { keyLen: 16, keyType: 3, protocol: 2, confidence: 1, keyState: 1, note: "" };
export const PAGE = 1024;

/** Pages of 1 KiB, all captured, each filled with its number. */
export function region(pages: number, baseAddr = 0x10_0000n) {
  const pageData = new Uint8Array(pages * PAGE);
  for (let page = 0; page < pages; page++) pageData.fill(page + 1, page * PAGE, (page + 1) * PAGE);
  return {
    baseAddr,
    regionSize: BigInt(pages * PAGE),
    protection: 3,
    regionType: 1,
    pageSizeLog2: 10,
    timestampNs: 9n,
    pageData,
  };
}

export function uuidSource(): () => string {
  let count = 0;
  return () => `00000000-0000-4000-8000-${(++count).toString(16).padStart(12, "0")}`;
}

/** The given options, completed by a header, UUIDs that are counted, and a fixed time. */
export function optionsFor(options: Partial<WriterOptions>): WriterOptions {
  return { header: HEADER, contents: [], uuid: uuidSource(), timestamp: () => 77n, ...options };
}

export interface Written {
  readonly bytes: Uint8Array;
  readonly reader: MslSliceReader;
}

/** The capture that `work` makes, End-of-Capture included; checked to be intact and without deviations in all its blocks. */
export async function written(options: Partial<WriterOptions>, work: (writer: MslWriter) => Promise<unknown>): Promise<Written> {
  const { sink, writer } = begin(options);
  await work(writer);
  await writer.end();
  const bytes = sink.bytes();
  await requireConforming(bytes);
  return { bytes, reader: new MslSliceReader(bytes) };
}

export function begin(options: Partial<WriterOptions>): { sink: BytesSink; writer: MslWriter } {
  const sink = new BytesSink();
  return { sink, writer: new MslWriter(sink, optionsFor(options)) };
}

/** Writes the first two blocks of a live capture. */
export async function lead(writer: MslWriter): Promise<void> {
  await writer.processIdentity(IDENTITY);
  await writer.moduleListIndex({ entries: [] });
}

/** Deviations that a conforming capture may have: information about content, and KEY-AMBIGUOUS for every key behind a hole. */
const NO_FAULT = ["CMP-LZ4SHAPE", "KEY-AMBIGUOUS", "RED-FLAG", "REG-EMPTY", "REG-OVERLAP"];

/** Throws if a reader reports a deviation that a conforming capture must not have. */
export async function requireConforming(bytes: Uint8Array): Promise<void> {
  const capture = await openCapture(bytes, { strict: true });
  const report = await capture.verify({ strict: true });
  const found = [...capture.deviations];
  for await (const deviation of capture.crossCheck()) found.push(deviation);
  for (const block of capture.blocks) {
    const { problem, deviations } = await block.decode();
    if (problem) throw new Error(`block ${block.index}: ${problem.message}`);
    found.push(...deviations);
  }
  const odd = found.filter(({ id }) => !NO_FAULT.includes(id));
  if (odd.length > 0) throw new Error(odd.map(({ id, message }) => `${id}: ${message}`).join("\n"));
  if (report.verdict !== "chain-ok+filehash-ok") throw new Error(report.verdict);
  if (report.blockCount.declared !== 0 && report.blockCount.declared !== report.blockCount.counted) throw new Error("BlockCount");
}
