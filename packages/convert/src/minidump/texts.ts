/** Texts of minidumps: MINIDUMP_STRING, and streams of text. A budget bounds them all: entries of a table may name overlapping texts. */
import type { DumpNotes } from "../dump/dump-notes.js";
import type { MinidumpFile } from "./minidump-file.js";

/** UTF-16 units that are read for all texts of a dump together, also those behind a NUL. */
const BUDGET_CHARACTERS = 16 * 1024 * 1024;
/** Bytes in UTF-16 that are read of one text: no field of a capture holds more. */
const TEXT_BYTES_MOST = 2 * 65_534;
/** Bytes of UTF-8 of the longest text in a capture, without its terminating NUL. */
const STORED_BYTES_MOST = 65_534;

const utf16 = new TextDecoder("utf-16le", { ignoreBOM: true });
const encoder = new TextEncoder();

export class MinidumpTexts {
  readonly #file: MinidumpFile;
  readonly #notes: DumpNotes;
  /** Texts by their RVA: many entries name the same one. */
  readonly #known = new Map<number, string>();
  #left = BUDGET_CHARACTERS;

  constructor(file: MinidumpFile, notes: DumpNotes) {
    this.#file = file;
    this.#notes = notes;
  }

  /** The MINIDUMP_STRING at `rva`: a u32 with its bytes, and UTF-16. Empty for RVA 0. `what`: `the name of a module`. */
  async at(rva: number, what: string): Promise<string> {
    if (rva === 0) return "";
    const known = this.#known.get(rva);
    if (known !== undefined) return known;
    const text = await this.#read(rva, what);
    this.#known.set(rva, text);
    return text;
  }

  async #read(rva: number, what: string): Promise<string> {
    if (this.#left <= 0) {
      this.#notes.damage(`texts behind the first ${BUDGET_CHARACTERS} characters are not read`);
      return "";
    }
    const head = this.#file.part(rva, 4);
    const bytes = head && head.size === 4 ? await this.#file.read(head) : undefined;
    const stated = bytes ? new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true) : 0;
    const part = stated > 0 ? this.#file.part(rva + 4, stated) : undefined;
    if (!bytes || (stated > 0 && (part?.size ?? 0) < stated)) this.#notes.damage(`${what} passes the end of the file`);
    if (!part) return "";
    const data = await this.#file.read(part, TEXT_BYTES_MOST);
    this.#left -= data.length / 2;
    return storable(wideText(data), what, this.#notes);
  }
}

/** A text of UTF-16 units, up to the first NUL. Units behind are not decoded: a part of a long string keeps all of it in memory. */
export function wideText(data: Uint8Array): string {
  return utf16.decode(data.subarray(0, textBytes(data)));
}

/** Bytes of whole units before the first NUL. */
function textBytes(data: Uint8Array): number {
  const whole = data.length & ~1;
  for (let at = 0; at < whole; at += 2) if (data[at] === 0 && data[at + 1] === 0) return at;
  return whole;
}

/** The text, cut at a character boundary to what a field of a capture holds. */
function storable(text: string, what: string, notes: DumpNotes): string {
  if (text.includes("\ufffd")) notes.damage(`${what} has characters that are no UTF-16, shown as U+FFFD`);
  const { read } = encoder.encodeInto(text, new Uint8Array(Math.min(STORED_BYTES_MOST, 3 * text.length)));
  if (read < text.length) notes.lose(`${what} has ${text.length} characters and was cut`);
  return text.slice(0, read);
}

/** Bytes of a MINIDUMP_STRING: its length in bytes, UTF-16, and a NUL that the length does not count. */
export function encodedString(text: string): Uint8Array {
  const data = new Uint8Array(4 + 2 * text.length + 2);
  const view = new DataView(data.buffer);
  view.setUint32(0, 2 * text.length, true);
  for (let at = 0; at < text.length; at++) view.setUint16(4 + 2 * at, text.charCodeAt(at), true);
  return data;
}
