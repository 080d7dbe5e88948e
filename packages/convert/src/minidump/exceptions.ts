/**
 * The exception of a minidump: why it was written. A capture has no block for it: an import tells it in Note of Import Provenance, from which an export takes it back. On Linux
 * and Android it is a signal: Breakpad writes si_signo as ExceptionCode, si_code as ExceptionFlags, and si_addr as ExceptionAddress (minidump_writer.cc).
 */
import { codeNumber, OS_TYPE } from "@memslice/msl";
import type { DumpNotes } from "../dump/dump-notes.js";
import { sentencesOf } from "../own/note-sentences.js";
import { hasFaultAddress, SIGNAL_MOST, type ThreadSignal } from "../own/thread-signals.js";
import type { FilePart, MinidumpFile } from "./minidump-file.js";
import { EXCEPTION, StreamType } from "./structures.js";

/** Parameters that MINIDUMP_EXCEPTION has a place for. */
const PARAMETERS_MOST = 15;
/** Exception codes of dumps that somebody asked for: nothing crashed. Sources: Breakpad (DumpRequested of Linux), Crashpad (simulated). */
const ASKED_FOR: ReadonlySet<number> = new Set([0xffffffff, 0x0517a7ed]);

export interface DumpException {
  readonly threadId: number;
  readonly code: number;
  readonly flags: number;
  /** The address of another exception; 0 none. */
  readonly record: bigint;
  readonly address: bigint;
  readonly parameters: readonly bigint[];
}

/** An exception with the registers that its thread had then. */
export interface ReadException extends DumpException {
  readonly context: FilePart | undefined;
}

/** Whether a thread crashed by it. */
export function isCrash({ code }: DumpException): boolean {
  return !ASKED_FOR.has(code);
}

/** The exception of ExceptionStream; undefined if the dump has none. */
export async function readException(file: MinidumpFile, notes: DumpNotes): Promise<ReadException | undefined> {
  const data = await file.head(StreamType.exception, EXCEPTION.size);
  if (!data) return undefined;
  if (data.length < EXCEPTION.size) {
    notes.damage("ExceptionStream is cut off");
    return undefined;
  }
  const row = EXCEPTION.decode(data);
  const { numberParameters: count, exceptionInformation: information } = row;
  if (count > PARAMETERS_MOST) notes.damage(`ExceptionStream says ${count} parameters, and has a place for ${PARAMETERS_MOST}`);
  const view = new DataView(information.buffer, information.byteOffset, information.length);
  return {
    ...{ threadId: row.threadId, code: row.exceptionCode, flags: row.exceptionFlags },
    ...{ record: row.exceptionRecord, address: row.exceptionAddress },
    parameters: Array.from({ length: Math.min(count, PARAMETERS_MOST) }, (_, index) => view.getBigUint64(8 * index, true)),
    context: file.part(row.contextRva, row.contextSize),
  };
}

/** The stream of an exception. `context`: where the registers of its thread are. */
export function exceptionStream(
  { threadId, code, flags, record, address, parameters }: DumpException,
  context: { readonly contextSize?: number; readonly contextRva?: number },
): Uint8Array {
  const information = new Uint8Array(8 * PARAMETERS_MOST);
  const view = new DataView(information.buffer);
  for (const [index, value] of parameters.entries()) view.setBigUint64(8 * index, value, true);
  return EXCEPTION.encode({
    ...{ threadId, exceptionCode: code, exceptionFlags: flags, exceptionRecord: record, exceptionAddress: address },
    ...{ numberParameters: parameters.length, exceptionInformation: information, ...context },
  });
}

const hex = (value: number | bigint) => `0x${value.toString(16)}`;
const WITHOUT_BLOCK = "captures have no block for it";

/** The sentence of a Note about an exception. */
export function exceptionText({ threadId, code, flags, record, address, parameters }: DumpException): string {
  const words = [
    `exception ${hex(code)} at ${hex(address)} in thread ${threadId}`,
    ...(flags === 0 ? [] : [`flags ${hex(flags)}`]),
    ...(record === 0n ? [] : [`record ${hex(record)}`]),
    `parameters ${parameters.map(hex).join(" ") || "none"}`,
  ];
  return `${words.join(", ")}: ${WITHOUT_BLOCK}`;
}

const HEX_32 = "0x([0-9a-f]{1,8})";
const HEX_64 = "0x([0-9a-f]{1,16})";
const SENTENCE = new RegExp(
  `^exception ${HEX_32} at ${HEX_64} in thread (\\d{1,10})(?:, flags ${HEX_32})?(?:, record ${HEX_64})?, parameters (none|0x[0-9a-f]{1,16}(?: 0x[0-9a-f]{1,16}){0,14}): ${WITHOUT_BLOCK}$`,
);

/** The exception that a Note tells. */
export function exceptionIn(note: string): DumpException | undefined {
  const found = sentencesOf(note).map((sentence) => SENTENCE.exec(sentence));
  const [, code, address, thread, flags = "0", record = "0", parameters = ""] = found.find((one) => one !== null) ?? [];
  if (code === undefined || Number(thread) > 0xffffffff) return undefined;
  return {
    ...{ threadId: Number(thread), code: Number.parseInt(code, 16), flags: Number.parseInt(flags, 16) },
    ...{ record: BigInt(`0x${record}`), address: BigInt(`0x${address}`) },
    parameters: parameters === "none" ? [] : parameters.split(" ").map(BigInt),
  };
}

/** Whether a system is Linux or Android, where exceptions are signals, and Attributes of handles are st_mode; `osType`: a code of `OS_TYPE`. */
export function isLinux(osType: number): boolean {
  return osType === codeNumber(OS_TYPE, "Linux") || osType === codeNumber(OS_TYPE, "Android");
}

/** The signal that an exception of Linux is; undefined for one that is no signal, as of a dump that somebody asked for. */
export function signalOfException({ code, flags, address }: DumpException): ThreadSignal | undefined {
  if (code < 1 || code > SIGNAL_MOST) return undefined;
  const signal = { number: code, code: flags | 0 };
  return { ...signal, address: hasFaultAddress(signal) ? address : undefined, sender: undefined };
}

/** The exception that a signal is on Linux. `counter`: the program counter of the thread, which stands for the address where the signal has none. */
export function exceptionOfSignal(threadId: number, { number, code, address }: ThreadSignal, counter: bigint): DumpException {
  return { threadId, code: number, flags: code >>> 0, record: 0n, address: address ?? counter, parameters: [] };
}
