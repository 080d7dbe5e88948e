/**
 * The names of mapped files. In maps, a name with a line feed looks like one with `\012`, and one that ends with " (deleted)" like that of a file that was deleted:
 * where a file with the same inode has the name, it is that one. Otherwise `\012` is a line feed.
 */
import { statSync } from "node:fs";
import { deviceText } from "./mapped-file.js";
import type { Mapping } from "./mapping.js";
import { memoryTask } from "./process-threads.js";
import { RemoteMounts } from "./remote-mounts.js";

const DELETED = " (deleted)";
/** How the kernel writes a line feed in maps; every other character is written as it is. */
const LINE_FEED = /\\012/g;

type Name = Pick<Mapping, "path" | "deleted">;

export class FileNames {
  readonly #mounts: Pick<RemoteMounts, "hasDevice">;
  /** By device, inode, and name as the kernel writes it. */
  readonly #known = new Map<string, Name>();
  #isKept = false;

  constructor(mounts: Pick<RemoteMounts, "hasDevice"> = new RemoteMounts()) {
    this.#mounts = mounts;
  }

  /**
   * From now on no file is looked up: names are those that were found before, otherwise those that the kernel writes. To be called before a process is stopped: the path
   * may lead to a file system that this process serves, and then the look-up never returns, and the process stays stopped.
   */
  keep(): void {
    this.#isKept = true;
  }

  /** Whether `keep` was called. */
  get isKept(): boolean {
    return this.#isKept;
  }

  /** The mappings with the names that their files have. */
  named(pid: number, mappings: readonly Mapping[]): Mapping[] {
    const task = memoryTask(pid);
    const asked = new Set<string>();
    return mappings.map((mapping) => {
      const { device, inode, path, deleted } = mapping;
      if (inode === 0n || !path.startsWith("/") || !(deleted || path.includes("\\012"))) return mapping;
      const key = `${device} ${inode} ${deleted} ${path}`;
      if (!this.#isKept && !asked.has(key)) {
        asked.add(key);
        this.#known.set(key, this.#mounts.hasDevice(task, device) ? asWritten(mapping) : nameOf(task, mapping));
      }
      return { ...mapping, ...(this.#known.get(key) ?? asWritten(mapping)) };
    });
  }
}

function asWritten({ path, deleted }: Mapping): Name {
  return { path: path.replace(LINE_FEED, "\n"), deleted };
}

function nameOf(task: number, mapping: Mapping): Name {
  const { device, inode, path, deleted } = mapping;
  const written = `${path}${deleted ? DELETED : ""}`;
  const names = [written.replace(LINE_FEED, "\n"), written];
  const name = names.find((one) => hasInode(`/proc/${task}/root${one}`, device, inode));
  return name === undefined ? asWritten(mapping) : { path: name, deleted: false };
}

function hasInode(path: string, device: string, inode: bigint): boolean {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return ino === inode && deviceText(dev) === device;
  } catch {
    return false;
  }
}
