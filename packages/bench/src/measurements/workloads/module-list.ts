/** A list of modules as values, and the capture of them: a Module List Index and a Module Entry for each, in blocks of about 200 bytes. */
import { BytesSink, MslWriter, type SinkInput, type WriterOptions } from "@memslice/msl";

/** A module as the writer takes it and as decoders have to find it. */
export interface ModuleValue {
  readonly uuid: string;
  readonly baseAddr: bigint;
  readonly moduleSize: bigint;
  readonly path: string;
  readonly version: string;
  readonly diskHash: Uint8Array;
  readonly nativeBlob: Uint8Array;
}

/** The index of the first Module Entry: behind Process Identity and Module List Index. */
export const MODULES_FROM = 2;
const DISK_HASH_BYTES = 32;
const BLOB_BYTES = 8;

/** The module with this number, from 0; the same in every run. Its block takes 192 to 208 bytes. */
function moduleValue(number: number): ModuleValue {
  const name = String(number).padStart(12 + 4 * (number % 5), "0");
  return {
    uuid: uuidText(MODULE_UUIDS, number),
    baseAddr: 0x7f00_0000_0000n + (BigInt(number) << 16n),
    moduleSize: 0x8000n + BigInt(number % 16) * 0x1000n,
    path: `/usr/lib/lib${name}.so`,
    version: `2.${number % 100}`,
    diskHash: new Uint8Array(DISK_HASH_BYTES).fill((number % 255) + 1),
    nativeBlob: new Uint8Array(BLOB_BYTES).fill(number % 256),
  };
}

export function moduleValues(count: number): ModuleValue[] {
  return Array.from({ length: count }, (_, number) => moduleValue(number));
}

/** A writer that has written Process Identity and the Module List Index, so that the Module Entries come next. */
export async function writerBeforeModules(
  sink: SinkInput,
  modules: readonly ModuleValue[],
  options: Partial<WriterOptions> = {},
): Promise<MslWriter> {
  const header = { osType: 1, archType: 1, pid: 4242, timestampNs: 1n, dumpUuid: uuidText(OTHER_UUIDS, 0) };
  let uuids = 0;
  const writer = new MslWriter(sink, {
    header,
    contents: ["ModuleEntry"],
    uuid: () => uuidText(OTHER_UUIDS, ++uuids),
    timestamp: () => 1n,
    ...options,
  });
  await writer.processIdentity({ ppid: 0, sessionId: 0, startTimeNs: 0n });
  const entries = modules.map(({ uuid, baseAddr, moduleSize, path }) => ({ moduleUuid: uuid, baseAddr, moduleSize, path }));
  await writer.moduleListIndex({ entries });
  return writer;
}

/** Writes the Module Entries and End-of-Capture; returns the FileHash as hexadecimal. */
export async function writeModules(writer: MslWriter, modules: readonly ModuleValue[]): Promise<string> {
  for (const module of modules) await writer.moduleEntry(module);
  return (await writer.end()).fileHash;
}

export async function moduleCapture(modules: readonly ModuleValue[]): Promise<Uint8Array> {
  const sink = new BytesSink();
  await writeModules(await writerBeforeModules(sink, modules), modules);
  return sink.bytes();
}

const MODULE_UUIDS = 0x6d6f6475;
const OTHER_UUIDS = 0x6f746865;

/** A UUID of version 4 that differs for each pair of numbers. */
function uuidText(series: number, number: number): string {
  const mixed = Math.imul(number + 1, 0x9e3779b1) >>> 0;
  const digits = (value: number) => value.toString(16).padStart(8, "0");
  return `${digits(series)}-${digits(mixed).slice(0, 4)}-4${digits(mixed).slice(4, 7)}-8000-0000${digits(number)}`;
}
