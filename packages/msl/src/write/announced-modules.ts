/** The modules that the Module List Index announces by UUID, each of which needs a Module Entry with that UUID. */
import type { MslError } from "../errors.js";
import { uuidBytes } from "../format/layout/uuid-text.js";
import { UuidSet, UuidTable } from "../uuid-table.js";
import { type ModuleFacts, ModuleRows } from "./module-rows.js";
import { contradiction, type Missing } from "./plan.js";

/** Modules with the same address, size and path: their rows, in the order of the index. */
interface AlikeModules {
  readonly rows: number[];
  /** Modules before this position are written, or a UUID has been suggested for them. */
  next: number;
}

export class AnnouncedModules {
  #modules = new ModuleRows();
  /** The modules that were found distinct last, until they are announced, and their rows. */
  #distinct: { readonly modules: ModuleRows; readonly rows: UuidTable } | undefined;
  #rows = new UuidTable(this.#modules, 0);
  /** 1 for a row without a block so far. */
  #waits = new Uint8Array(0);
  #waiting = 0;
  /** Rows before this one have a block. */
  #next = 0;
  /** The UUID of the row `#next`, if `uuidFor` or `requireAnnounced` found that row last; undefined if they found another one. */
  #nextUuid: string | undefined;
  /** Made when a module without a UUID is written, and the modules before it did not come in the order of the index. */
  #alike: Map<string, AlikeModules> | undefined;

  /** Throws `plan` if two modules have the same UUID, or a module has the UUID of a block. `isUsed`: whether a block has a UUID. */
  requireDistinct(uuids: Iterable<string>, isUsed: (uuid: string) => boolean): void {
    const seen = new UuidSet();
    for (const uuid of uuids) {
      if (seen.has(uuid)) throw announcedTwice(uuid);
      if (isUsed(uuid)) throw alsoOfBlock(uuid);
      if (uuidBytes(uuid)) seen.add(uuid);
    }
  }

  /** `requireDistinct` for modules as rows, without a text for each. `isUsed`: whether a block has the UUID in the 16 bytes from `at` on. */
  requireDistinctRows(modules: ModuleRows, isUsed: (bytes: Uint8Array, at: number) => boolean): void {
    const { count } = modules;
    const rows = new UuidTable(modules, count);
    for (let row = 0; row < count; row++) {
      if (!rows.add(row)) throw announcedTwice(modules.uuid(row));
      if (modules.readUuid(row, isUsed)) throw alsoOfBlock(modules.uuid(row));
    }
    this.#distinct = { modules, rows };
  }

  /** Takes the modules of an index. `modules` must not change any more. */
  announce(modules: ModuleRows): void {
    const all = this.#waiting === 0 ? modules : this.#joinedWith(modules);
    const { count } = all;
    const known = this.#distinct?.modules === all ? this.#distinct.rows : undefined;
    this.#distinct = undefined;
    this.#modules = all;
    this.#rows = known ?? new UuidTable(all, count);
    this.#waits = new Uint8Array(count);
    this.#waiting = 0;
    this.#next = 0;
    this.#nextUuid = undefined;
    this.#alike = undefined;
    if (known) {
      this.#waits.fill(1);
      this.#waiting = count;
      return;
    }
    for (let row = 0; row < count; row++) {
      // An index that is written as bytes may repeat a UUID.
      if (!this.#rows.add(row)) continue;
      this.#waits[row] = 1;
      this.#waiting++;
    }
  }

  /** Whether a module with this UUID is announced and has no block yet. */
  isWaiting(uuid: string): boolean {
    return this.#waiting > 0 && this.#waitingRow(uuid) >= 0;
  }

  /** The UUID of the first announced module with the same facts that has no block yet. Throws `plan` if there is none. */
  uuidFor(module: ModuleFacts, index: number): string {
    const next = this.#firstWaiting();
    if (next < this.#waits.length && this.#modules.says(next, module)) {
      this.#nextUuid = this.#modules.uuid(next);
      return this.#nextUuid;
    }
    this.#alike ??= this.#sorted();
    const alike = this.#alike.get(keyOf(module));
    for (; alike && alike.next < alike.rows.length; alike.next++) {
      const uuid = this.#modules.uuid(alike.rows[alike.next] ?? 0);
      if (this.isWaiting(uuid)) return uuid;
    }
    throw unannounced(shown(module), index);
  }

  /**
   * Throws `plan` unless a module with this UUID is announced and has no block yet, and, with `facts`, unless the index says the same about
   * it.
   */
  requireAnnounced(uuid: string, index: number, facts?: ModuleFacts): void {
    const row = this.#waitingRow(uuid);
    if (row < 0) throw unannounced(uuid, index);
    this.#nextUuid = row === this.#next ? uuid : undefined;
    if (facts && !this.#modules.says(row, facts)) {
      const found = this.#modules.at(row);
      const message = `Block ${index} is the ModuleEntry of ${shown(facts)} with ${facts.moduleSize} bytes, but under its UUID the ModuleListIndex announces ${shown(found)} with ${found.moduleSize} bytes`;
      throw contradiction(message, index);
    }
  }

  noteWritten(uuid: string): void {
    const row = uuid === this.#nextUuid ? this.#next : this.#waitingRow(uuid);
    this.#nextUuid = undefined;
    if (row < 0) return;
    this.#waits[row] = 0;
    this.#waiting--;
  }

  /** The modules that have no block. */
  *missing(): Generator<Missing> {
    const more = this.#waiting === 1 ? "" : `, like ${this.#waiting - 1} more`;
    for (let row = 0; row < this.#waits.length; row++) {
      if (this.#waits[row] !== 1) continue;
      const { moduleUuid, path } = this.#modules.at(row);
      const message = `The ModuleListIndex announces the module ${moduleUuid} (${path || "no path"}), but its ModuleEntry is missing${more}`;
      yield { kind: "module", message };
    }
  }

  /** The modules that have no block, and those of another index, which was written as bytes. */
  #joinedWith(modules: ModuleRows): ModuleRows {
    const joined = new ModuleRows();
    for (let row = 0; row < this.#waits.length; row++) if (this.#waits[row] === 1) joined.add(this.#modules.at(row));
    for (let row = 0; row < modules.count; row++) joined.add(modules.at(row));
    return joined;
  }

  /** The row of a module that is announced and has no block yet, or -1. */
  #waitingRow(uuid: string): number {
    const next = this.#firstWaiting();
    // Most captures have the modules in the order of the index.
    if (next < this.#waits.length && this.#modules.hasUuid(next, uuid)) return next;
    const row = this.#rows.find(uuid);
    return row >= 0 && this.#waits[row] === 1 ? row : -1;
  }

  /** The first row without a block; their number if all have one. */
  #firstWaiting(): number {
    while (this.#waits[this.#next] === 0) this.#next++;
    return this.#next;
  }

  #sorted(): Map<string, AlikeModules> {
    const sorted = new Map<string, AlikeModules>();
    for (let row = 0; row < this.#modules.count; row++) {
      const key = keyOf(this.#modules.at(row));
      const alike = sorted.get(key);
      if (alike) alike.rows.push(row);
      else sorted.set(key, { rows: [row], next: 0 });
    }
    return sorted;
  }
}

function announcedTwice(uuid: string): MslError {
  return contradiction(`The ModuleListIndex announces two modules as ${uuid}`);
}

function alsoOfBlock(uuid: string): MslError {
  return contradiction(`The ModuleListIndex announces a module as ${uuid}, but another block has this UUID`);
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
