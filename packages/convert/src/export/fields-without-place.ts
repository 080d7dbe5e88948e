/** Fields that an export cannot hold, of blocks whose other fields it holds: reported if the capture states them. */
import type { Capture, Module } from "@memslice/msl";
import type { ExportNotes, ExportTarget } from "./export-report.js";

/** A field, and the formats that hold it or have a note of their own about it. */
interface Field<T> {
  readonly name: string;
  readonly heldBy: readonly ExportTarget[];
  /** Whether the capture says something in the field. */
  readonly isStated: (value: T) => boolean;
}

const HEADER: readonly Field<Capture["header"]>[] = [
  { name: "DumpUUID", heldBy: ["minidump"], isStated: () => true },
  { name: "Timestamp", heldBy: ["minidump"], isStated: ({ timestampNs }) => timestampNs !== 0n },
  {
    name: "the part of Timestamp below a second",
    heldBy: ["elf-core", "raw"],
    isStated: ({ timestampNs }) => hasFraction(timestampNs),
  },
  { name: "ClockSource", heldBy: [], isStated: ({ clockSource }) => clockSource !== 0 },
  { name: "PID", heldBy: ["elf-core", "minidump"], isStated: ({ pid }) => pid !== 0 },
  { name: "OSType", heldBy: ["elf-core", "minidump"], isStated: ({ osType }) => osType !== UNKNOWN },
  { name: "ArchType", heldBy: ["elf-core", "minidump"], isStated: ({ archType }) => archType !== UNKNOWN },
];

const MODULE: readonly Field<Module>[] = [
  { name: "Version", heldBy: ["minidump"], isStated: ({ entry }) => (entry?.version ?? "") !== "" },
  { name: "DiskHash", heldBy: [], isStated: ({ entry }) => entry?.diskHash.some((byte) => byte !== 0) ?? false },
  { name: "NativeBlob", heldBy: ["minidump"], isStated: ({ entry }) => (entry?.nativeBlob.length ?? 0) > 0 },
];

/** Members of Process Identity, where the block can be decoded. */
export interface StatedIdentity {
  readonly ppid: number;
  readonly sessionId: number;
  readonly startTimeNs: bigint;
}

const IDENTITY: readonly Field<StatedIdentity>[] = [
  { name: "PPID", heldBy: ["elf-core"], isStated: ({ ppid }) => ppid !== 0 },
  { name: "SessionID", heldBy: ["elf-core"], isStated: ({ sessionId }) => sessionId !== 0 },
  { name: "StartTime", heldBy: ["minidump"], isStated: ({ startTimeNs }) => startTimeNs !== 0n },
  { name: "the part of StartTime below a second", heldBy: ["elf-core"], isStated: ({ startTimeNs }) => hasFraction(startTimeNs) },
];

const UNKNOWN = 0xffff;

function hasFraction(nanoseconds: bigint): boolean {
  return nanoseconds % 1_000_000_000n !== 0n;
}

/** What a capture says in blocks that an export holds in part. */
export interface HeldBlocks {
  readonly header: Capture["header"];
  /** Undefined if the export holds no modules: their block is then reported as a whole. */
  readonly modules: readonly Module[] | undefined;
  readonly identity: StatedIdentity | undefined;
}

export function tellFieldsWithoutPlace(
  { header, modules, identity }: HeldBlocks,
  target: ExportTarget,
  notes: ExportNotes,
): void {
  const lost = lostOf(HEADER, [header], target);
  if (lost.length > 0) notes.add("no place", "FileHeader", lost.map(({ name }) => name).join(", "));
  const ofModules = lostOf(MODULE, modules ?? [], target).map(({ name, count }) => `${name} of ${count}`);
  if (ofModules.length > 0) notes.add("no place", "ModuleEntry", `Of ${modules?.length} modules: ${ofModules.join(", ")}`);
  const ofProcess = lostOf(IDENTITY, identity ? [identity] : [], target).map(({ name }) => name);
  if (ofProcess.length > 0) notes.add("no place", "ProcessIdentity", ofProcess.join(", "));
}

function lostOf<T>(fields: readonly Field<T>[], values: readonly T[], target: ExportTarget): { name: string; count: number }[] {
  return fields
    .filter(({ heldBy }) => !heldBy.includes(target))
    .map(({ name, isStated }) => ({ name, count: values.filter(isStated).length }))
    .filter(({ count }) => count > 0);
}
