/** The segments of a Mach-O core: what it has of the memory of its process. Nothing a load command says is taken without a check. */
import { counted, TimeSlice } from "@memslice/msl/work";
import { CutBytes } from "../dump/cut-bytes.js";
import type { DumpRegions } from "../dump/dump-regions.js";
import type { ImporterInput } from "../import/importer.js";
import type { StructureOrder } from "../structures/structure.js";
import type { LoadCommands } from "./load-commands.js";
import type { LoadCommand } from "./mach-image.js";
import { Command, fieldText, SEGMENT, SEGMENT_64 } from "./mach-structures.js";

/** LC_SEGMENT or LC_SEGMENT_64. */
export interface Segment {
  /** Bits of an address. */
  readonly bits: 32 | 64;
  readonly vmaddr: bigint;
  readonly vmsize: bigint;
  readonly fileoff: bigint;
  readonly filesize: bigint;
  readonly initprot: number;
  readonly segname: string;
  readonly maxprot: number;
  readonly flags: number;
}

/** The segment that a load command describes; undefined for another command. */
export function segmentOf({ cmd, bytes }: LoadCommand, order: StructureOrder): Segment | undefined {
  if (cmd === Command.Segment64 && bytes.length >= SEGMENT_64.size) {
    const found = SEGMENT_64.decode(bytes, 0, order);
    return { ...found, segname: fieldText(found.segname), bits: 64 };
  }
  if (cmd !== Command.Segment || bytes.length < SEGMENT.size) return undefined;
  const { vmaddr, vmsize, fileoff, filesize, initprot, segname, maxprot, flags } = SEGMENT.decode(bytes, 0, order);
  const places = { vmaddr: BigInt(vmaddr), vmsize: BigInt(vmsize), fileoff: BigInt(fileoff), filesize: BigInt(filesize) };
  return { ...places, initprot, maxprot, flags, segname: fieldText(segname), bits: 32 };
}

/** Adds a region for each segment of the load commands. Throws `limit`, `source` and `aborted`. */
export async function addSegments(
  commands: LoadCommands,
  regions: DumpRegions,
  { order, pageSize }: { readonly order: StructureOrder; readonly pageSize: number },
  { source, options, notes }: ImporterInput,
): Promise<void> {
  const slice = new TimeSlice(options.signal);
  const cut = new CutBytes();
  const fileSize = BigInt(source.size);
  let [named, firstName, protectable, flagged] = [0, "", 0, 0];
  const add = ({ vmaddr, vmsize, fileoff, filesize, initprot, bits, segname, maxprot, flags }: Segment) => {
    if (segname !== "" && named++ === 0) firstName = segname;
    if (maxprot !== 0 && maxprot !== initprot) protectable++;
    if (flags !== 0) flagged++;
    const room = (1n << BigInt(bits)) - vmaddr;
    const size = vmsize < room ? vmsize : room;
    if (size < vmsize) notes.damage(`the segment at 0x${vmaddr.toString(16)} passes the end of the address space`);
    if (size === 0n) return;
    if (filesize > vmsize)
      notes.damage(`the segment at 0x${vmaddr.toString(16)} has ${filesize - vmsize} bytes more in the core than in memory`);
    const from = fileoff < fileSize ? fileoff : fileSize;
    const length = cut.take(fileSize - from, filesize < size ? filesize : size, pageSize);
    // VM_PROT_READ 1, VM_PROT_WRITE 2, VM_PROT_EXECUTE 4: as in a capture.
    regions.add({ start: vmaddr, size, protection: initprot & 7, type: 0, absent: "failed" });
    if (length > 0n) regions.addExtent({ address: vmaddr, offset: Number(from), length: Number(length) });
  };
  for await (const list of commands.lists()) {
    for (const command of list) {
      if (slice.isSpent(4)) await slice.renew();
      const segment = segmentOf(command, order);
      if (segment) add(segment);
    }
  }
  cut.tell(notes, "core", "segments");
  if (named > 0) notes.lose(`the names of ${counted(named, "segments")}, the first of which is ${JSON.stringify(firstName)}`);
  if (protectable > 0)
    notes.lose(`the maximum protections of ${counted(protectable, "segments")}, which differ from their protections`);
  if (flagged > 0) notes.lose(`the flags of ${counted(flagged, "segments")}`);
}
