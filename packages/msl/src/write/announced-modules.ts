/** The Module Entry blocks that the Module List Index has announced by their UUIDs. */
import { MslError } from "../errors.js";

interface AnnouncedModule {
  readonly moduleUuid: string;
  readonly baseAddr: bigint;
  readonly moduleSize: bigint;
  readonly path?: string | undefined;
}

type ModuleFacts = Omit<AnnouncedModule, "moduleUuid">;

export class AnnouncedModules {
  /** Those without a block so far, by UUID, in the order of the index. */
  readonly #waiting = new Map<string, AnnouncedModule>();

  /** Throws `plan` where two modules have one UUID. */
  requireDistinct(modules: readonly AnnouncedModule[]): void {
    const seen = new Set<string>();
    for (const { moduleUuid } of modules) {
      if (seen.has(moduleUuid.toLowerCase()))
        throw new MslError("plan", `The ModuleListIndex announces two modules as ${moduleUuid}`);
      seen.add(moduleUuid.toLowerCase());
    }
  }

  announce(modules: readonly AnnouncedModule[]): void {
    for (const module of modules) this.#waiting.set(module.moduleUuid.toLowerCase(), module);
  }

  /** The UUID for the block of this module: that of the first one like it. Throws `plan` where none was announced. */
  uuidFor(module: ModuleFacts, index: number): string {
    const { baseAddr, moduleSize, path = "" } = module;
    for (const waiting of this.#waiting.values()) {
      if (waiting.baseAddr === baseAddr && waiting.moduleSize === moduleSize && (waiting.path ?? "") === path) {
        return waiting.moduleUuid;
      }
    }
    throw unannounced(`${path || "(no path)"} at 0x${baseAddr.toString(16)}`, index);
  }

  /** Throws `plan` unless a module with this UUID is still to come. */
  requireAnnounced(uuid: string, index: number): string {
    const found = this.#waiting.get(uuid.toLowerCase());
    if (!found) throw unannounced(uuid, index);
    return found.moduleUuid;
  }

  noteWritten(uuid: string): void {
    this.#waiting.delete(uuid.toLowerCase());
  }

  /** Throws `plan` where a module has no block. */
  requireComplete(): void {
    const [first] = this.#waiting.values();
    if (!first) return;
    const message = `The ModuleListIndex announces the module ${first.moduleUuid} (${first.path || "no path"}), but its ModuleEntry is missing`;
    throw new MslError("plan", this.#waiting.size === 1 ? message : `${message}, like ${this.#waiting.size - 1} more`);
  }
}

function unannounced(which: string, block: number): MslError {
  const message = `Block ${block} is the ModuleEntry of ${which}, but the ModuleListIndex announces no such module that is still to come`;
  return new MslError("plan", message, { block });
}
