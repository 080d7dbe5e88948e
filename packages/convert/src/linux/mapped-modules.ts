/**
 * Modules of a process by its mappings of files. A module is a file that is mapped from its first byte on and is an ELF image, or, where its header cannot be read, has
 * an executable mapping. Mappings of the file that follow belong to it unless they begin at a lower offset, as a second copy of the file does.
 */
import { elfImageAt, type ReadMemory } from "./elf-image.js";

/** A mapping of a file. */
export interface FileRange {
  readonly start: bigint;
  readonly end: bigint;
  /** Bytes from the start of the file. */
  readonly offset: bigint;
  readonly path: string;
  readonly executable: boolean;
}

/** A module in memory. */
export interface MappedModule {
  readonly base: bigint;
  /** Address behind the last mapping. */
  readonly end: bigint;
  readonly path: string;
  readonly buildId: Uint8Array | undefined;
  /** Whether its ELF header was read; otherwise an executable mapping says that it is a module. */
  readonly seen: boolean;
}

/** A run of mappings of one file. */
interface MappedFile {
  readonly base: bigint;
  end: bigint;
  /** The offset in the file that the last mapping ends at. */
  readonly path: string;
  lastOffset: bigint;
  executable: boolean;
}

/** The modules among mappings in ascending order. Throws what `read` throws. */
export async function* modulesIn(
  ranges: Iterable<FileRange> | AsyncIterable<FileRange>,
  read: ReadMemory,
): AsyncGenerator<MappedModule, void, undefined> {
  let file: MappedFile | undefined;
  for await (const { start, end, offset, path, executable } of ranges) {
    if (file && path === file.path && offset >= file.lastOffset) {
      file.end = end;
      file.lastOffset = offset;
      file.executable ||= executable;
      continue;
    }
    if (file) yield* moduleOf(file, read);
    file = offset === 0n && path !== "" ? { base: start, end, path, lastOffset: offset, executable } : undefined;
  }
  if (file) yield* moduleOf(file, read);
}

async function* moduleOf(
  { base, end, path, executable }: MappedFile,
  read: ReadMemory,
): AsyncGenerator<MappedModule, void, undefined> {
  const image = await elfImageAt(base, read);
  if (image?.isLoadable) yield { base, end, path, buildId: image.buildId, seen: true };
  else if (!image && executable) yield { base, end, path, buildId: undefined, seen: false };
}
