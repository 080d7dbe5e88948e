/** The modules that the Module List Index announces by UUID, each of which needs a Module Entry with that UUID. */
import { startsWith, viewOf } from "../bytes.js";
import type { MslError } from "../errors.js";
import { UUID_BYTES, uuidBytes, uuidBytesInto, uuidText } from "../format/layout/uuid-text.js";
import { type NumberedUuids, UuidSet, UuidTable } from "../uuid-table.js";
import { contradiction, type Missing } from "./plan.js";

/** A UUID that `hasUuid` compares. */
const compared = new Uint8Array(UUID_BYTES);

export interface AnnouncedModule {
  readonly moduleUuid: string;
  readonly baseAddr: bigint;
  readonly moduleSize: bigint;
  /** null, undefined and an empty path are alike: the encoded text is empty. */
  readonly path?: string | null | undefined;
}

export type ModuleFacts = Omit<AnnouncedModule, "moduleUuid">;

export type ModuleRow = AnnouncedModule & { readonly path: string };

const FIRST_ROWS = 64;
const FIRST_PATH_BYTES = 1024;
const FIRST_NOT_ASCII = 0x80;
const utf8 = new TextEncoder();
/** A path may begin with U+FEFF, which is no mark of the byte order there. */
const text = new TextDecoder("utf-8", { ignoreBOM: true });

/** Modules in the order of an index, as rows of numbers: objects and texts for each of very many modules take several times as much memory as the index. */
export class ModuleRows implements NumberedUuids {
  #count = 0;
  #uuids = new Uint8Array(FIRST_ROWS * UUID_BYTES);
  #baseAddrs = new BigUint64Array(FIRST_ROWS);
  #sizes = new BigUint64Array(FIRST_ROWS);
  /** Where the path of each row ends in `#paths`. */
  #pathEnds = new Float64Array(FIRST_ROWS);
  /** The paths as UTF-8, one after the other. */
  #paths = new Uint8Array(FIRST_PATH_BYTES);

  static of(modules: Iterable<AnnouncedModule>): ModuleRows {
    const rows = new ModuleRows();
    for (const module of modules) rows.add(module);
    return rows;
  }

  /** The rows are 0 to `count` - 1. */
  get count(): number {
    return this.#count;
  }

  /** Adds a module with an address and a size below 2^64, a well-formed path, and a UUID, which `setUuid` may replace. */
  add({ moduleUuid, baseAddr, moduleSize, path }: AnnouncedModule): void {
    const row = this.#count;
    if (row === this.#baseAddrs.length) this.#grow();
    this.#count++;
    this.setUuid(row, moduleUuid);
    this.#baseAddrs[row] = baseAddr;
    this.#sizes[row] = moduleSize;
    this.#pathEnds[row] = this.#appendPath(path ?? "", this.#pathStart(row));
  }

  setUuid(row: number, uuid: string): void {
    uuidBytesInto(uuid, this.#uuids, row * UUID_BYTES);
  }

  readUuid<T>(row: number, read: (bytes: Uint8Array, at: number) => T): T {
    return read(this.#uuids, row * UUID_BYTES);
  }

  uuid(row: number): string {
    return uuidText(this.#uuids, row * UUID_BYTES);
  }

  /** Whether the module in a row has this UUID. */
  hasUuid(row: number, uuid: string): boolean {
    return uuidBytesInto(uuid, compared, 0) && startsWith(this.#uuids, compared, row * UUID_BYTES);
  }

  at(row: number): ModuleRow {
    const path = this.#path(row);
    return { moduleUuid: this.uuid(row), baseAddr: this.#baseAddrs[row] ?? 0n, moduleSize: this.#sizes[row] ?? 0n, path };
  }

  /** Whether the module in a row has this address, size and path. */
  says(row: number, { baseAddr, moduleSize, path }: ModuleFacts): boolean {
    return this.#baseAddrs[row] === baseAddr && this.#sizes[row] === moduleSize && this.#hasPath(row, path ?? "");
  }

  /** The modules of the rows `[from, to)` as objects, to be encoded. */
  list(from: number, to: number): ModuleRow[] {
    return Array.from({ length: Math.min(to, this.#count) - from }, (_, i) => this.at(from + i));
  }

  #hasPath(row: number, path: string): boolean {
    const start = this.#pathStart(row);
    // Text has as many bytes of UTF-8 as characters if it is ASCII, and only then.
    if ((this.#pathEnds[row] ?? 0) - start !== path.length) return this.#path(row) === path;
    const paths = this.#paths;
    for (let i = 0; i < path.length; i++) {
      const code = path.charCodeAt(i);
      if (code >= FIRST_NOT_ASCII || code !== paths[start + i]) return false;
    }
    return true;
  }

  #path(row: number): string {
    return text.decode(viewOf(this.#paths, this.#pathStart(row), this.#pathEnds[row] ?? 0));
  }

  #pathStart(row: number): number {
    return row === 0 ? 0 : (this.#pathEnds[row - 1] ?? 0);
  }

  /** Returns the end of the path in `#paths`. */
  #appendPath(path: string, at: number): number {
    // A UTF-16 unit takes at most 3 bytes of UTF-8.
    const needed = at + 3 * path.length;
    if (needed > this.#paths.length) this.#paths = grown(this.#paths, new Uint8Array(Math.max(needed, 2 * this.#paths.length)));
    return at + utf8.encodeInto(path, viewOf(this.#paths, at, this.#paths.length)).written;
  }

  #grow(): void {
    const rows = 2 * this.#count;
    this.#uuids = grown(this.#uuids, new Uint8Array(rows * UUID_BYTES));
    this.#baseAddrs = grown(this.#baseAddrs, new BigUint64Array(rows));
    this.#sizes = grown(this.#sizes, new BigUint64Array(rows));
    this.#pathEnds = grown(this.#pathEnds, new Float64Array(rows));
  }
}

function grown<T extends { set(values: T): void }>(values: T, larger: T): T {
  larger.set(values);
  return larger;
}

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
  /** The UUID of the row `#next`, if `uuidFor` suggested it last; undefined if it suggested another row. */
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
