/** The modules that the Module List Index announces by UUID, each of which needs a Module Entry with that UUID. */
import type { MslError } from "../errors.js";
import { contradiction, type Missing } from "./plan.js";

interface AnnouncedModule {
  readonly moduleUuid: string;
  readonly baseAddr: bigint;
  readonly moduleSize: bigint;
  readonly path?: string | undefined;
}

type ModuleFacts = Omit<AnnouncedModule, "moduleUuid">;

/** Modules with the same address, size and path, in the order of the index. */
interface AlikeModules {
  readonly modules: readonly AnnouncedModule[];
  /** Modules before this position are written, or a UUID has been suggested for them. */
  next: number;
}

export class AnnouncedModules {
  /** Modules without a block so far, by UUID in lower case, in the order of the index. */
  readonly #waiting = new Map<string, AnnouncedModule>();
  readonly #alike = new Map<string, AlikeModules & { readonly modules: AnnouncedModule[] }>();

  /** Throws `plan` if two modules have the same UUID, or a module has the UUID of a block. `isUsed`: whether a block has a UUID. */
  requireDistinct(modules: readonly AnnouncedModule[], isUsed: (uuid: string) => boolean): void {
    const seen = new Set<string>();
    for (const { moduleUuid } of modules) {
      if (seen.has(moduleUuid.toLowerCase())) throw contradiction(`The ModuleListIndex announces two modules as ${moduleUuid}`);
      if (isUsed(moduleUuid)) {
        throw contradiction(`The ModuleListIndex announces a module as ${moduleUuid}, but another block has this UUID`);
      }
      seen.add(moduleUuid.toLowerCase());
    }
  }

  announce(modules: readonly AnnouncedModule[]): void {
    for (const module of modules) {
      this.#waiting.set(module.moduleUuid.toLowerCase(), module);
      const alike = this.#alike.get(keyOf(module));
      if (alike) alike.modules.push(module);
      else this.#alike.set(keyOf(module), { modules: [module], next: 0 });
    }
  }

  /** Whether a module with this UUID is announced and has no block yet. */
  isWaiting(uuid: string): boolean {
    return this.#waiting.has(uuid.toLowerCase());
  }

  /** The UUID of the first announced module with the same facts that has no block yet. Throws `plan` if there is none. */
  uuidFor(module: ModuleFacts, index: number): string {
    const alike = this.#alike.get(keyOf(module));
    for (; alike && alike.next < alike.modules.length; alike.next++) {
      const uuid = alike.modules[alike.next]?.moduleUuid;
      if (uuid !== undefined && this.isWaiting(uuid)) return uuid;
    }
    throw unannounced(shown(module), index);
  }

  /**
   * Throws `plan` unless a module with this UUID is announced and has no block yet, and, with `facts`, unless the index says the same about
   * it. Returns the UUID as the index writes it.
   */
  requireAnnounced(uuid: string, index: number, facts?: ModuleFacts): string {
    const found = this.#waiting.get(uuid.toLowerCase());
    if (!found) throw unannounced(uuid, index);
    if (facts && keyOf(found) !== keyOf(facts)) {
      const message = `Block ${index} is the ModuleEntry of ${shown(facts)} with ${facts.moduleSize} bytes, but under its UUID the ModuleListIndex announces ${shown(found)} with ${found.moduleSize} bytes`;
      throw contradiction(message, index);
    }
    return found.moduleUuid;
  }

  noteWritten(uuid: string): void {
    this.#waiting.delete(uuid.toLowerCase());
  }

  /** The modules that have no block. */
  *missing(): Generator<Missing> {
    const more = this.#waiting.size === 1 ? "" : `, like ${this.#waiting.size - 1} more`;
    for (const { moduleUuid, path } of this.#waiting.values()) {
      const message = `The ModuleListIndex announces the module ${moduleUuid} (${path || "no path"}), but its ModuleEntry is missing${more}`;
      yield { kind: "module", message };
    }
  }
}

function keyOf({ baseAddr, moduleSize, path }: ModuleFacts): string {
  return `${baseAddr} ${moduleSize} ${path ?? ""}`;
}

function shown({ baseAddr, path }: ModuleFacts): string {
  return `${path || "(no path)"} at 0x${baseAddr.toString(16)}`;
}

function unannounced(which: string, block: number): MslError {
  const message = `Block ${block} is the ModuleEntry of ${which}, but the ModuleListIndex announces no such module that is still to come`;
  return contradiction(message, block);
}
