/** What an importer finds in a dump: tables about one process, and where in the file its memory is. The bytes of memory stay in the file. */
import type {
  ARCH_TYPE,
  CodeOf,
  OS_TYPE,
  SOURCE_FORMAT,
  SystemContextInput,
  WritableHandleEntry,
  WritableModuleEntry,
  WritableProcessIdentity,
  WritableThreadContext,
} from "@memslice/msl";
import type { DumpRegions } from "./dump-regions.js";

/** The state of a whole system, for formats that have a part of it. The capture then is an investigation, whose block 2 is the System Context. */
interface DumpSystem {
  readonly context: SystemContextInput;
  readonly handles: readonly WritableHandleEntry[];
}

/** Threads, exactly one of which has the flag Current. An array is one; importers of very many threads make each when it is asked for. */
type DumpThreads = { readonly length: number } & (Iterable<WritableThreadContext> | AsyncIterable<WritableThreadContext>);

/** A dump as its importer understands it. The importer adds what it assumed or lost to `DumpNotes`. */
export interface ProcessDump {
  readonly sourceFormat: CodeOf<typeof SOURCE_FORMAT>;
  /** 0xFFFF unknown. */
  readonly osType: CodeOf<typeof OS_TYPE>;
  /** 0xFFFF unknown. */
  readonly archType: CodeOf<typeof ARCH_TYPE>;
  /** 0 unknown. */
  readonly pid: number;
  /** Bytes, a power of two from 2^10 to 2^20. */
  readonly pageSize: number;
  /** When the dump was taken: nanoseconds since 1970-01-01 UTC, 0 unknown. */
  readonly timestampNs: bigint;
  /** Undefined if the dump says nothing about the process. */
  readonly identity: WritableProcessIdentity | undefined;
  /** Undefined if the dump has no list of modules, which differs from an empty one. */
  readonly modules: readonly WritableModuleEntry[] | undefined;
  readonly threads: DumpThreads;
  readonly regions: DumpRegions;
  readonly system?: DumpSystem | undefined;
}
