/**
 * The importer of Mach-O cores (specification, Import Provenance), as macOS and lldb write them: memory in LC_SEGMENT and LC_SEGMENT_64, threads in LC_THREAD, and in LC_NOTE what lldb adds
 * about images, the main program and thread ids.
 */
import { MslError, type WritableModuleEntry, type WritableThreadContext } from "@memslice/msl";
import { TimeSlice, U64_MOST } from "@memslice/msl/work";
import { DumpMemory } from "../dump/dump-memory.js";
import type { DumpNotes } from "../dump/dump-notes.js";
import { DumpRegions } from "../dump/dump-regions.js";
import { ExactPages } from "../dump/exact-pages.js";
import { UnreadPieces } from "../dump/kinds.js";
import type { Importer, ImporterInput } from "../import/importer.js";
import { LostFields } from "../minidump/lost-fields.js";
import type { StructureOrder } from "../structures/structure.js";
import { coreImages } from "./core-images.js";
import { IMAGES_MOST } from "./listed-images.js";
import { LoadCommands } from "./load-commands.js";
import { type MachNote, noteOf } from "./mach-notes.js";
import { addSegments, segmentOf } from "./mach-segments.js";
import {
  ADDRABLE_BITS,
  Command,
  CPU_TYPES,
  FileType,
  fieldText,
  MACH_HEADER,
  MAIN_BIN_SPEC,
  MH_MAGIC,
  MH_MAGIC_64,
  NOTE,
} from "./mach-structures.js";
import { registersOfThread } from "./mach-threads.js";

const UNKNOWN = 0xffff;
const MACOS = 2;
const DEFAULT_PAGE_SIZE = 4096;
const PAGE_LOG2 = { least: 10, most: 20 } as const;

interface CoreCommands {
  /** Where segments begin and end. */
  readonly pages: ExactPages;
  readonly threads: readonly Uint8Array[];
  /** The first note of each owner that is read. */
  readonly notes: readonly MachNote[];
}

/**
 * Reads load commands, notes and the headers of images. Throws `not-importable` for a file that is no core, `limit` for states of threads, or a load command, above
 * `tableLimit`.
 */
export const importMachCore: Importer = async (input) => {
  const { source, options, notes } = input;
  const { order, archType, commands, count } = await readCommands(input);
  const regions = new DumpRegions(options.regionLimit);
  const found = await takeCommands(commands, count, order, input);
  const pageSize = found.pages.sizeFor(await pageSizeOf(found.notes, order, input), notes);
  await addSegments(commands, regions, { order, pageSize }, input);
  const memory = await DumpMemory.of(source, regions, options.signal);
  const modules: WritableModuleEntry[] = await coreImages(found.notes, order, memory, regions, input);
  const threads = await threadsOf(found, archType, order, input);
  const bits = await noteOf(found.notes, "addrable bits", source, ADDRABLE_BITS.size, options.signal);
  if (bits) notes.lose(`the number of bits of an address, ${addressBits(bits, order)}, for which a capture has no field`);
  if (options.pid === undefined) notes.assume("process id unknown");
  return {
    ...{ sourceFormat: "macOS core", osType: options.os ?? MACOS, archType, pid: options.pid ?? 0, pageSize, timestampNs: 0n },
    ...{ identity: undefined, modules, threads, regions },
  };
};

/** Before version 4 there is one number for all addresses. */
const TWO_NUMBERS = 4;

function addressBits(note: Uint8Array, order: StructureOrder): string {
  if (note.length < ADDRABLE_BITS.size) return "unknown";
  const { version, low, high } = ADDRABLE_BITS.decode(note, 0, order);
  return version >= TWO_NUMBERS && high !== low ? `${low} and ${high} of high ones` : `${low}`;
}

/** The header, and the load commands. */
async function readCommands({ source, options, notes }: ImporterInput) {
  const head = await source.read(0, Math.min(MACH_HEADER[64].size, source.size), options.signal);
  const orders: readonly StructureOrder[] = ["little", "big"];
  const order = orders.find(
    (one) => head.length >= 28 && [MH_MAGIC, MH_MAGIC_64].includes(MACH_HEADER[32].decode(head, 0, one).magic),
  );
  if (!order) throw notWhole(source.size);
  const { magic, cputype, filetype, ncmds, sizeofcmds } = MACH_HEADER[32].decode(head, 0, order);
  const start = magic === MH_MAGIC_64 ? MACH_HEADER[64].size : MACH_HEADER[32].size;
  if (source.size < start) throw notWhole(source.size);
  if (filetype !== FileType.Core)
    throw new MslError("not-importable", `filetype is ${filetype}, expected ${FileType.Core} (MH_CORE) of a core`);
  const there = Math.max(0, Math.min(sizeofcmds, source.size - start));
  if (there < sizeofcmds) notes.damage(`the core ends ${sizeofcmds - there} bytes before its load commands do`);
  const archType = CPU_TYPES.get(cputype) ?? (typeof options.arch === "number" ? options.arch : UNKNOWN);
  if (archType === UNKNOWN) notes.assume(`architecture unknown: cputype is ${cputype}`);
  const place = { start, size: there, count: ncmds, order, tableLimit: options.tableLimit };
  return { order, archType, count: ncmds, commands: new LoadCommands(source, place, options.signal) };
}

function notWhole(size: number): MslError {
  return new MslError("not-importable", `The file has ${size} bytes and no whole header of a Mach-O file`);
}

/** Owners of notes that are read. */
const NOTES_READ: ReadonlySet<string> = new Set(["main bin spec", "process metadata", "all image infos", "addrable bits"]);
/** The owner of notes of which all are read; of the others, the first. */
const LISTED_NOTE = "load binary";

/** Bytes that a thread takes at least while it is held. */
const THREAD_BYTES_LEAST = 256;

/** Threads and notes, and where segments begin and end. */
async function takeCommands(
  commands: LoadCommands,
  count: number,
  order: StructureOrder,
  { source, options, notes }: ImporterInput,
): Promise<CoreCommands> {
  const slice = new TimeSlice(options.signal);
  const [unread, unreadNotes] = [new UnreadPieces(), new UnreadPieces()];
  const found = { threads: [] as Uint8Array[], notes: [] as MachNote[], pages: new ExactPages(2 ** PAGE_LOG2.most) };
  const seen = new Set<string>();
  let [taken, held, listed, short] = [0, 0, 0, 0];
  const takeThread = (state: Uint8Array) => {
    held += Math.max(state.length, THREAD_BYTES_LEAST);
    if (held > options.tableLimit)
      throw new MslError(
        "limit",
        `The states of threads have more than ${options.tableLimit} bytes; raise the option tableLimit`,
      );
    found.threads.push(state.slice());
  };
  const takeNote = (command: Uint8Array) => {
    const { dataOwner, offset, size } = NOTE.decode(command, 0, order);
    const owner = fieldText(dataOwner);
    const fits = offset <= BigInt(source.size) && size <= BigInt(source.size) - offset;
    const isRead = owner === LISTED_NOTE ? listed < IMAGES_MOST : NOTES_READ.has(owner) && !seen.has(owner);
    if (!fits) notes.damage(`the note ${JSON.stringify(owner)} lies behind the end of the core`);
    else if (!isRead) unreadNotes.add(JSON.stringify(owner), Number(size));
    else {
      found.notes.push({ owner, offset: Number(offset), length: Number(size) });
      if (owner === LISTED_NOTE) listed++;
      seen.add(owner);
    }
  };
  for await (const list of commands.lists()) {
    for (const command of list) {
      if (slice.isSpent(4)) await slice.renew();
      const { cmd, bytes } = command;
      const segment = segmentOf(command, order);
      taken++;
      if (segment) found.pages.add(segment.vmaddr | segment.vmsize | segment.filesize);
      else if (cmd === Command.Thread) takeThread(bytes.subarray(8));
      else if (cmd === Command.Note && bytes.length >= NOTE.size) takeNote(bytes);
      else if (cmd === Command.Segment || cmd === Command.Segment64) short++;
      else unread.add(`0x${cmd.toString(16)}`, bytes.length);
    }
  }
  if (unread.text("commands") !== "") notes.lose(`load commands that a capture has no place for: ${unread.text("commands")}`);
  if (unreadNotes.text("notes") !== "") notes.lose(`notes that a capture has no place for: ${unreadNotes.text("notes")}`);
  if (short > 0) notes.damage(`load commands of segments that are shorter than one, and describe no memory: ${short}`);
  if (taken < count) notes.damage(`the header says ${count} load commands, and ${taken} are whole`);
  return found;
}

async function pageSizeOf(
  found: readonly MachNote[],
  order: StructureOrder,
  { source, options, notes }: ImporterInput,
): Promise<number> {
  const spec = await noteOf(found, "main bin spec", source, MAIN_BIN_SPEC[2].size, options.signal);
  const version = spec && spec.length >= 4 ? new DataView(spec.buffer, spec.byteOffset).getUint32(0, order === "little") : 0;
  const layout = version === 1 ? MAIN_BIN_SPEC[1] : MAIN_BIN_SPEC[2];
  const { version: _, pageLog2, ...others } = spec ? layout.decodePart(spec, 0, order) : {};
  if (spec && pageLog2 === undefined) notes.damage('the note "main bin spec" is cut off');
  const lost = new LostFields();
  lost.addAll(others);
  lost.tell(notes, '"main bin spec"');
  const log2 = pageLog2 ?? 0;
  if (log2 >= PAGE_LOG2.least && log2 <= PAGE_LOG2.most) return 2 ** log2;
  const size = options.pageSize ?? DEFAULT_PAGE_SIZE;
  notes.assume(`page size ${size}`);
  return size;
}

/** Bytes of "process metadata" that are read, which is a text in JSON. */
const METADATA_MOST = 16 * 1024 * 1024;

/** Threads with their ids from "process metadata"; without it they are numbered. */
async function threadsOf(
  found: CoreCommands,
  archType: number,
  order: StructureOrder,
  { source, options, notes }: ImporterInput,
): Promise<WritableThreadContext[]> {
  const text = await noteOf(found.notes, "process metadata", source, METADATA_MOST, options.signal);
  const ids = text && threadIds(new TextDecoder().decode(text), notes);
  if (text && !ids) notes.damage('the note "process metadata" is no JSON with threads');
  if (ids && ids.length !== found.threads.length)
    notes.damage(`the note "process metadata" has ids of ${ids.length} threads, and the core has ${found.threads.length}`);
  if (!ids && found.threads.length > 0) notes.assume("thread ids, which are numbered from 1 in the order of the core");
  const flavours = new Set<number>();
  const threads: WritableThreadContext[] = [];
  for (const [index, state] of found.threads.entries()) {
    const { registers, unknown, isCut } = registersOfThread(state, archType, order);
    for (const flavour of unknown) if (flavours.size < 16) flavours.add(flavour);
    if (isCut) notes.damage(`the state of thread ${index} is cut off`);
    if (!registers.some(({ flags }) => (flags & 3) !== 0)) {
      notes.lose(`thread ${index}, of which no state with a program counter is known`);
      continue;
    }
    const threadId = ids?.[index] ?? BigInt(index + 1);
    threads.push({ threadId, startTimeNs: 0n, threadState: 0, flags: threads.length === 0 ? 1 : 0, registers });
  }
  if (flavours.size > 0) notes.lose(`states of threads in the flavours ${[...flavours].join(", ")}`);
  return threads;
}

/** Names of a text in JSON that are told, and characters of each. */
const NAMES_MOST = 8;
const NAME_CHARACTERS_MOST = 40;

/** `{"threads":[{"thread_id":1}]}`; undefined for another text. Ids are read as digits: they may pass 2^53. */
function threadIds(text: string, notes: DumpNotes): readonly (bigint | undefined)[] | undefined {
  try {
    const digits = text.replace(/\0+$/, "").replace(/("thread_id"\s*:\s*)(\d{1,20})/g, '$1"$2"');
    const { threads, ...others } = JSON.parse(digits) as { threads?: unknown };
    if (!Array.isArray(threads)) return undefined;
    const names = new Set(Object.keys(others));
    for (const thread of threads) for (const name of Object.keys(thread ?? {})) if (name !== "thread_id") names.add(name);
    const shown = [...names].slice(0, NAMES_MOST).map((name) => JSON.stringify(name.slice(0, NAME_CHARACTERS_MOST)));
    if (names.size > 0)
      notes.lose(`of the note "process metadata": ${shown.join(", ")}${names.size > NAMES_MOST ? " and others" : ""}`);
    return threads.map((thread: { thread_id?: unknown } | null) => {
      const id =
        typeof thread?.thread_id === "string" && /^\d{1,20}$/.test(thread.thread_id) ? BigInt(thread.thread_id) : undefined;
      return id !== undefined && id <= U64_MOST ? id : undefined;
    });
  } catch {
    return undefined;
  }
}
