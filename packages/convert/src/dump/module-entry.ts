/**
 * The Module Entry of a module that a dump has. Its build is in NativeBlob, in the form that memslicer has there: length, source, flags, 0, build id.
 */
import type { WritableModuleEntry } from "@memslice/msl";

/** A module as importers find it. */
interface DumpModule {
  readonly base: bigint;
  /** Bytes of address space. */
  readonly size: bigint;
  /** Empty if the dump does not say it. */
  readonly path: string;
  /** `a.b.c.d`; absent if the format has none. */
  readonly version?: string | undefined;
  /** 1 to 255 bytes: a build id, a UUID, GUID and age. */
  readonly buildId?: Uint8Array | undefined;
}

export function moduleEntry({ base, size, path, version, buildId }: DumpModule): WritableModuleEntry {
  return {
    ...{ baseAddr: base, moduleSize: size, path },
    ...(version !== undefined && { version }),
    ...(buildId && { nativeBlob: buildIdBlob(buildId) }),
  };
}

/** Source of the build id: bytes that the dump has. */
const CAPTURED = 4;
const HEAD = 4;
const SOURCES_MOST = 5;

/** NativeBlob for a build id of 1 to 255 bytes. */
export function buildIdBlob(buildId: Uint8Array): Uint8Array {
  return Uint8Array.of(buildId.length, CAPTURED, 0, 0, ...buildId);
}

/** The build id in a NativeBlob; undefined for a blob of another form, which each program writes as it likes. */
export function buildIdOf(blob: Uint8Array): Uint8Array | undefined {
  const [length = 0, source = 0, , reserved] = blob;
  const fits = length > 0 && blob.length === HEAD + length && source <= SOURCES_MOST && reserved === 0;
  return fits ? blob.slice(HEAD) : undefined;
}
