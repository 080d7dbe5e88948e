/** Modules as rows of numbers: those that a Module List Index announces, as it is written, and as it is read to be written again. */
import { startsWith, viewOf } from "../bytes.js";
import { fieldOffset, type Layout } from "../format/layout/fields.js";
import { UUID_BYTES, uuidBytesInto, uuidTextToRead } from "../format/layout/uuid-text.js";
import type { NumberedUuids } from "../uuid-table.js";

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
/** A row has the UUID, the address and the size of a module, integers little-endian as captures have them. */
const ROW_BYTES = 32;
const BASE_ADDR_AT = 16;
const MODULE_SIZE_AT = 24;
const U64_BYTES = 8;
const utf8 = new TextEncoder();
/** A path may begin with U+FEFF, which is no mark of the byte order there. */
const text = new TextDecoder("utf-8", { ignoreBOM: true });

/** Where a payload has the facts about a module, in bytes from the start of its table. The path is the first text. */
export interface ModulePlaces {
  readonly baseAddr: number;
  readonly moduleSize: number;
  readonly pathLength: number;
  readonly path: number;
}

export function modulePlaces(table: Layout): ModulePlaces {
  const at = (name: string) => fieldOffset(table, name);
  return { baseAddr: at("baseAddr"), moduleSize: at("moduleSize"), pathLength: at("pathLen"), path: at("path") };
}

/** Modules in the order of an index, as rows of numbers: objects and texts for each of very many modules take several times as much memory as the index. */
export class ModuleRows implements NumberedUuids {
  #count = 0;
  #rows = new Uint8Array(FIRST_ROWS * ROW_BYTES);
  #view = new DataView(this.#rows.buffer);
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
    const row = this.#newRow();
    this.setUuid(row, moduleUuid);
    this.#view.setBigUint64(row * ROW_BYTES + BASE_ADDR_AT, baseAddr, true);
    this.#view.setBigUint64(row * ROW_BYTES + MODULE_SIZE_AT, moduleSize, true);
    this.#pathEnds[row] = this.#appendPath(path ?? "", this.#pathStart(row));
  }

  /** Adds a module with the UUID in the 16 bytes from `uuidAt` on, and the facts of a canonical table whose bytes begin at `at`. */
  addStored(bytes: Uint8Array, uuidAt: number, at: number, { baseAddr, moduleSize, pathLength, path }: ModulePlaces): void {
    const row = this.#newRow();
    const start = row * ROW_BYTES;
    copy(bytes, uuidAt, this.#rows, start, UUID_BYTES);
    copy(bytes, at + baseAddr, this.#rows, start + BASE_ADDR_AT, U64_BYTES);
    copy(bytes, at + moduleSize, this.#rows, start + MODULE_SIZE_AT, U64_BYTES);
    const length = storedPathLength(bytes, at + pathLength);
    const pathAt = this.#pathStart(row);
    this.#makePathRoom(pathAt + length);
    copy(bytes, at + path, this.#paths, pathAt, length);
    this.#pathEnds[row] = pathAt + length;
  }

  setUuid(row: number, uuid: string): void {
    uuidBytesInto(uuid, this.#rows, row * ROW_BYTES);
  }

  readUuid<T>(row: number, read: (bytes: Uint8Array, at: number) => T): T {
    return read(this.#rows, row * ROW_BYTES);
  }

  uuid(row: number): string {
    return uuidTextToRead(this.#rows, row * ROW_BYTES);
  }

  /** Whether the module in a row has this UUID. */
  hasUuid(row: number, uuid: string): boolean {
    return uuidBytesInto(uuid, compared, 0) && startsWith(this.#rows, compared, row * ROW_BYTES);
  }

  at(row: number): ModuleRow {
    const path = this.#path(row);
    return { moduleUuid: this.uuid(row), baseAddr: this.#baseAddr(row), moduleSize: this.#moduleSize(row), path };
  }

  /** Whether the module in a row has this address, size and path. */
  says(row: number, { baseAddr, moduleSize, path }: ModuleFacts): boolean {
    return this.#baseAddr(row) === baseAddr && this.#moduleSize(row) === moduleSize && this.#hasPath(row, path ?? "");
  }

  /** `says` for the facts of a canonical table whose bytes begin at `at`. */
  saysStored(row: number, bytes: Uint8Array, at: number, { baseAddr, moduleSize, pathLength, path }: ModulePlaces): boolean {
    const start = row * ROW_BYTES;
    const pathAt = this.#pathStart(row);
    const length = storedPathLength(bytes, at + pathLength);
    return (
      (this.#pathEnds[row] ?? 0) - pathAt === length &&
      areSame(this.#rows, start + BASE_ADDR_AT, bytes, at + baseAddr, U64_BYTES) &&
      areSame(this.#rows, start + MODULE_SIZE_AT, bytes, at + moduleSize, U64_BYTES) &&
      areSame(this.#paths, pathAt, bytes, at + path, length)
    );
  }

  /** The modules of the rows `[from, to)` as objects, to be encoded. */
  list(from: number, to: number): ModuleRow[] {
    return Array.from({ length: Math.min(to, this.#count) - from }, (_, i) => this.at(from + i));
  }

  #baseAddr(row: number): bigint {
    return this.#view.getBigUint64(row * ROW_BYTES + BASE_ADDR_AT, true);
  }

  #moduleSize(row: number): bigint {
    return this.#view.getBigUint64(row * ROW_BYTES + MODULE_SIZE_AT, true);
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
    this.#makePathRoom(at + 3 * path.length);
    return at + utf8.encodeInto(path, viewOf(this.#paths, at, this.#paths.length)).written;
  }

  #makePathRoom(needed: number): void {
    if (needed > this.#paths.length) this.#paths = grown(this.#paths, new Uint8Array(Math.max(needed, 2 * this.#paths.length)));
  }

  #newRow(): number {
    const row = this.#count++;
    if (row === this.#pathEnds.length) {
      this.#rows = grown(this.#rows, new Uint8Array(2 * row * ROW_BYTES));
      this.#view = new DataView(this.#rows.buffer);
      this.#pathEnds = grown(this.#pathEnds, new Float64Array(2 * row));
    }
    return row;
  }
}

/** The bytes of a path without its NUL, which the u16 of its length counts. */
function storedPathLength(bytes: Uint8Array, at: number): number {
  return Math.max(0, ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)) - 1);
}

function copy(source: Uint8Array, from: number, target: Uint8Array, to: number, length: number): void {
  for (let i = 0; i < length; i++) target[to + i] = source[from + i] ?? 0;
}

function areSame(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[aAt + i] !== b[bAt + i]) return false;
  return true;
}

function grown<T extends { set(values: T): void }>(values: T, larger: T): T {
  larger.set(values);
  return larger;
}
