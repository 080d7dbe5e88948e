/**
 * The case log: a text file to which every capture adds one line of JSON. It is opened before the process is touched, so that one that cannot be written is known
 * then, and stays open until the capture has ended.
 */
import { fstatSync, type Stats } from "node:fs";
import { type FileHandle, open, realpath, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { MslError } from "@memslice/msl";
import { DASH } from "../streams/standard-input.js";
import { jsonPieces } from "../terminal/json-pieces.js";

const OWNER_READS_AND_WRITES = 0o600;
/** The first bytes of every capture. */
const CAPTURE_START = "MEMSLICE";
const STANDARD_OUTPUT = 1;

export class CaseLog {
  readonly #path: string;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  /**
   * Opens the log; a new one is readable by its owner alone. `outs`: the new captures, or the folder of a tree. Throws `usage` if the log is one of them, by whatever name,
   * or in the folder, or a capture: lines behind its last block would damage it. Throws `sink` with the system's reason if it cannot be written.
   */
  static async open(path: string, outs: readonly string[]): Promise<CaseLog> {
    await requireNotInside(path, outs);
    const before = await stat(path).catch(() => undefined);
    if (before) await requireNoCapture(path, before, outs);
    let handle: FileHandle;
    try {
      handle = await open(path, "a", OWNER_READS_AND_WRITES);
    } catch (cause) {
      throw unwritable(path, cause);
    }
    // OUT did not exist a moment ago: the new log is OUT if it does now.
    if (!before && (await isOneOf(await handle.stat(), outs))) {
      await handle.close();
      await rm(await realpath(path));
      throw isOut(path);
    }
    return new CaseLog(path, handle);
  }

  /** Throws `sink` with the system's reason. */
  async append(document: object): Promise<void> {
    const line = [...jsonPieces({ time: new Date().toISOString(), ...document })].join("").replaceAll("\n", "");
    try {
      await this.#handle.appendFile(`${line}\n`);
    } catch (cause) {
      throw unwritable(this.#path, cause);
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** Throws `usage` if the log is in the folder of the captures. */
async function requireNotInside(path: string, outs: readonly string[]): Promise<void> {
  for (const out of outs) {
    const folder = await statOf(out);
    const parent = folder?.isDirectory() ? await stat(dirname(path)).catch(() => undefined) : undefined;
    if (folder && parent && folder.dev === parent.dev && folder.ino === parent.ino)
      throw new MslError("usage", `${path} is in the folder of the new captures: name a file elsewhere with --log`);
  }
}

async function isOneOf(log: Stats, outs: readonly string[]): Promise<boolean> {
  for (const out of outs) if (isSame(log, await statOf(out))) return true;
  return false;
}

async function requireNoCapture(path: string, log: Stats, outs: readonly string[]): Promise<void> {
  if (await isOneOf(log, outs)) throw isOut(path);
  if (!log.isFile()) return;
  if ((await startOf(path)) === CAPTURE_START)
    throw new MslError("usage", `${path} is a capture, to which the case log would add lines: name another file with --log`);
}

/** The first bytes as text; empty if they cannot be read. */
async function startOf(path: string): Promise<string> {
  const handle = await open(path, "r").catch(() => undefined);
  if (!handle) return "";
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(CAPTURE_START.length), 0, CAPTURE_START.length, 0);
    return buffer.toString("latin1", 0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function statOf(out: string): Promise<Stats | undefined> {
  return out === DASH ? fstatSync(STANDARD_OUTPUT) : stat(out).catch(() => undefined);
}

/** Whether both are one file. A terminal or pipe can be several things at once. */
function isSame(log: Stats, out: Stats | undefined): boolean {
  return out?.isFile() === true && log.dev === out.dev && log.ino === out.ino;
}

function isOut(path: string): MslError {
  return new MslError("usage", `${path} is the new capture, to which the case log would add lines: name another file with --log`);
}

function unwritable(path: string, cause: unknown): MslError {
  return new MslError("sink", `${path} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}
