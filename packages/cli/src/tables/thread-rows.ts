/** The rows of `msl threads`, and sentences about threads and registers that cannot be read. */
import { BlockType, type Capture, type Place, registerValue, type Thread } from "@memslice/msl";
import { withLimitOptions } from "../limit-option.js";
import { inTurns } from "../turns.js";
import { missingContent, NAMED_MOST } from "./block-payloads.js";
import type { RegisterRow, ThreadRow } from "./threads-table.js";

/** Bytes of the widest address. */
const ADDRESS_BYTES = 8;
/** Registers that are listed. A thread of today's processors has less than 200; a small capture can be made to have very many. */
const REGISTERS_MOST = 1_000_000;

export async function threadRows(capture: Capture, signal: AbortSignal) {
  const threads = await capture.threads(signal);
  const rows: ThreadRow[] = [];
  for await (const thread of inTurns(threads, signal)) {
    rows.push({ thread, pc: await placeAt(capture, thread.pc, signal), sp: await placeAt(capture, thread.sp, signal) });
  }
  return { rows, problems: await problemsOf(capture, threads, signal) };
}

/** The registers of all threads, those of a damaged block before the damage. */
export async function registerRows(capture: Capture, signal: AbortSignal) {
  const threads = await capture.threads(signal);
  const problems = await problemsOf(capture, threads, signal);
  const rows: RegisterRow[] = [];
  for await (const thread of inTurns(threads, signal)) {
    const registers = await thread.registers(signal);
    const room = REGISTERS_MOST - rows.length;
    for await (const register of inTurns(registers.slice(0, room), signal)) {
      const address = register.width > ADDRESS_BYTES ? undefined : registerValue(register);
      rows.push({ thread, register, place: await placeAt(capture, address, signal) });
    }
    if (registers.length > room) {
      problems.push(`Registers behind the first ${REGISTERS_MOST} are not listed, from thread ${thread.id} on`);
      break;
    }
  }
  return { rows, problems };
}

async function placeAt(capture: Capture, address: bigint | undefined, signal: AbortSignal): Promise<Place | undefined> {
  return address === undefined ? undefined : capture.locate(address, signal);
}

async function problemsOf(capture: Capture, threads: readonly Thread[], signal: AbortSignal): Promise<string[]> {
  const problems = missingContent(capture, "ThreadContexts");
  const listed = new Set<number>();
  for await (const { id, block, blocks, problem } of inTurns(threads, signal)) {
    for (const index of blocks) listed.add(index);
    if (problem !== undefined) problems.push(`Thread ${id} in block ${block.index}: ${withLimitOptions(problem)}`);
  }
  let others = 0;
  for await (const block of inTurns(capture.blocks.ofType(BlockType.ThreadContext), signal)) {
    if (block.afterEoc || listed.has(block.index)) continue;
    others++;
    if (others > NAMED_MOST) continue;
    const { problem } = await block.decode(signal);
    const reason = problem?.message ?? "its payload is not read as a thread";
    problems.push(`${block.typeName} in block ${block.index}: ${withLimitOptions(reason)}`);
  }
  if (others > NAMED_MOST) problems.push(`Further blocks of threads are not listed: ${others - NAMED_MOST}`);
  return problems;
}
