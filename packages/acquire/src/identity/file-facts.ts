/**
 * What files on disk say as modules: build id, version, digest. Each file is read once for all processes that have loaded it, and for processes that are going to be
 * stopped, before they are.
 */
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { Blake3 } from "@memslice/core-wasm";
import { throwIfAborted } from "@memslice/msl/work";
import type { AcquireOptions } from "../options.js";
import { FileNames } from "../proc/file-names.js";
import { eachPiece, pathOfMapping, readingFile } from "../proc/mapped-file.js";
import { type Mapping, parseMappings } from "../proc/mapping.js";
import { decoded, procLink, procTextIfAny } from "../proc/proc-file.js";
import { memoryTask } from "../proc/process-threads.js";
import { type ElfFacts, elfFacts } from "./elf-facts.js";
import { modulesOf } from "./modules.js";
import { type Architecture, architectureOf } from "./process-identity.js";

/** What a file says. */
export interface FileFacts extends ElfFacts {
  /** By the hash algorithm of the capture. Absent if digests are not asked for, and if the file cannot be read. */
  readonly digest?: Uint8Array;
}

type Hash = NonNullable<AcquireOptions["hashAlgo"]>;
const NODE_NAMES: Readonly<Record<Exclude<Hash, "BLAKE3">, string>> = { "SHA-256": "sha256", "SHA-512/256": "sha512-256" };

export class KnownFiles {
  /** The names of the files. Once they are kept, nothing on disk is touched: what was read of a file before is what is known of it. */
  readonly names = new FileNames();
  readonly #options: Pick<AcquireOptions, "hashAlgo" | "diskHashes" | "signal">;
  readonly #known = new Map<string, FileFacts>();
  /** By device, inode and path of the mappings. */
  readonly #ofMappings = new Map<string, FileFacts>();
  /** By pid and path of the program. */
  readonly #architectures = new Map<string, Architecture | undefined>();

  constructor(options: Pick<AcquireOptions, "hashAlgo" | "diskHashes" | "signal">) {
    this.#options = options;
  }

  /** Reads the files of the modules that a process has at this moment. A process that has ended or may not be read has none. Throws `aborted`. */
  async readModulesOf(pid: number): Promise<void> {
    this.architectureOf(pid);
    const maps = decoded(procTextIfAny(`/proc/${memoryTask(pid)}/maps`) ?? "");
    for (const { mappings } of modulesOf(this.names.named(pid, parseMappings(maps)))) {
      const [first] = mappings;
      if (first) await this.ofMapping(pid, first);
    }
  }

  /** The architecture of the program of a process. If that is stopped, or names are kept, its file is opened only if the process has run another program since. */
  architectureOf(pid: number, isStopped = false): Architecture | undefined {
    const key = `${pid} ${procLink(`/proc/${memoryTask(pid)}/exe`)}`;
    const isAsked = !(isStopped || this.names.isKept) || !this.#architectures.has(key);
    if (isAsked) this.#architectures.set(key, architectureOf(pid));
    return this.#architectures.get(key);
  }

  /** What the file of a mapping says; undefined if it cannot be opened, and once names are kept, if it was not read before. Throws `aborted`. */
  async ofMapping(pid: number, mapping: Mapping): Promise<FileFacts | undefined> {
    const key = `${mapping.device} ${mapping.inode} ${mapping.path}`;
    // A look-up never returns where a process that is stopped serves the file, or a folder above it.
    if (this.names.isKept) return this.#ofMappings.get(key);
    const path = pathOfMapping(pid, mapping);
    if (path === undefined) return undefined;
    const facts = await this.#of(path);
    this.#ofMappings.set(key, facts);
    return facts;
  }

  /** What a file says, as it is now: a file that has the same times and size as when it was read is not read again. Throws `aborted`. */
  async #of(path: string): Promise<FileFacts> {
    const before = versionOf(path);
    const known = before === undefined ? undefined : this.#known.get(before);
    if (known) return known;
    const facts = await this.#read(path);
    // A file that is written meanwhile is another one next time.
    if (before !== undefined && versionOf(path) === before) this.#known.set(before, facts);
    return facts;
  }

  async #read(path: string): Promise<FileFacts> {
    let elf: ElfFacts = {};
    try {
      elf = readingFile(path, elfFacts);
    } catch {
      // It cannot be read any more: it has no digest either.
    }
    const digest = this.#options.diskHashes === false ? undefined : await this.#digestOf(path);
    return { ...elf, ...(digest && { digest }) };
  }

  async #digestOf(path: string): Promise<Uint8Array | undefined> {
    const { hashAlgo = "BLAKE3", signal } = this.#options;
    const hasher = hashAlgo === "BLAKE3" ? new Blake3() : createHash(NODE_NAMES[hashAlgo]);
    try {
      await eachPiece(
        path,
        (piece) => void hasher.update(piece),
        () => throwIfAborted(signal),
      );
      return new Uint8Array(hasher.digest());
    } catch (error) {
      throwIfAborted(signal);
      if (error instanceof RangeError) throw error;
      return undefined;
    } finally {
      if (hasher instanceof Blake3) hasher.release();
    }
  }
}

/** Names a file and its content, as far as the system tells; undefined if it is gone. */
function versionOf(path: string): string | undefined {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(" ");
  } catch {
    return undefined;
  }
}
