/**
 * The images that notes of lldb list: "all image infos" has those of a process, and each "load binary" one more. Sources: all_image_infos_header, image_entry and segment_vmaddr
 * of lldb (ObjectFileMachO.cpp), load_binary of its "load binary" notes.
 */
import { counted, TimeSlice, U64_MOST } from "@memslice/msl/work";
import { storedText } from "../dump/stored-text.js";
import type { ImporterInput } from "../import/importer.js";
import type { StructureOrder } from "../structures/structure.js";
import { type MachNote, noteOf } from "./mach-notes.js";
import { fieldText, IMAGE_INFO, IMAGE_INFOS, LOAD_BINARY, SEGMENT_ADDRESS } from "./mach-structures.js";

/** Images of the list. A process has some hundreds. */
export const IMAGES_MOST = 65_536;
/** Segments of an image that are looked at for its address. */
const SEGMENTS_MOST = 64;
const PATH_MOST = 4096;
/** Names of images without an address that are told. */
const TOLD_MOST = 8;

export interface ListedImage {
  readonly base: bigint;
  /** Undefined if nothing says it. */
  readonly path: string | undefined;
  readonly uuid: Uint8Array | undefined;
}

/** An image whose address may not be known. */
interface StatedImage extends Omit<ListedImage, "base"> {
  readonly base: bigint | undefined;
}

/** The images of the notes; undefined if there are none. Of two with one address, that of "all image infos" is taken. */
export async function listedImages(
  found: readonly MachNote[],
  order: StructureOrder,
  input: ImporterInput,
): Promise<ListedImage[] | undefined> {
  const list = await imageInfos(found, order, input);
  const binaries = await loadedBinaries(found, order, input);
  if (!list && binaries.length === 0) return undefined;
  const images = new Map<bigint, ListedImage>();
  const lost: StatedImage[] = [];
  let twice = 0;
  for (const image of [...(list ?? []), ...binaries]) {
    const { base } = image;
    if (base === undefined) lost.push(image);
    else if (images.has(base)) twice++;
    else images.set(base, { ...image, base });
  }
  if (lost.length > 0) {
    const names = lost.slice(0, TOLD_MOST).map(({ path }) => JSON.stringify(path ?? ""));
    const more = lost.length > TOLD_MOST ? ` and ${lost.length - TOLD_MOST} more` : "";
    input.notes.lose(`${counted(lost.length, "images")} whose address the core does not say: ${names.join(", ")}${more}`);
  }
  if (twice > 0) input.notes.lose(`${counted(twice, "images")} at the address of another one`);
  return [...images.values()];
}

/** "all image infos". Offsets in it are those of the core. */
async function imageInfos(
  found: readonly MachNote[],
  order: StructureOrder,
  { source, options, notes }: ImporterInput,
): Promise<StatedImage[] | undefined> {
  const head = await noteOf(found, "all image infos", source, IMAGE_INFOS.size, options.signal);
  if (!head) return undefined;
  if (head.length < IMAGE_INFOS.size) {
    notes.damage('the note "all image infos" is cut off');
    return undefined;
  }
  const { imgcount, entriesOffset, entrySize } = IMAGE_INFOS.decode(head, 0, order);
  if (imgcount > 0 && entrySize < IMAGE_INFO.size) {
    notes.damage(`the list of images has entries of ${entrySize} bytes, expected ${IMAGE_INFO.size}: it is not read`);
    return undefined;
  }
  const room = entriesOffset < BigInt(source.size) ? Math.floor((source.size - Number(entriesOffset)) / entrySize) : 0;
  const held = Math.min(imgcount, room);
  const count = Math.min(held, IMAGES_MOST);
  if (held < imgcount) notes.damage(`${imgcount - held} of ${imgcount} images of the list lie behind the end of the core`);
  if (count < held) notes.lose(`images of the list behind the first ${IMAGES_MOST}: ${held - count}`);
  const images: StatedImage[] = [];
  const slice = new TimeSlice(options.signal);
  let [executing, segments] = [0, 0];
  for (let index = 0; index < count; index++) {
    if (slice.isSpent(64)) await slice.renew();
    const at = Number(entriesOffset) + index * entrySize;
    const row = IMAGE_INFO.decode(await source.read(at, IMAGE_INFO.size, options.signal), 0, order);
    if (row.executing === 1) executing++;
    segments += row.segmentCount;
    images.push({
      base: row.loadAddress === U64_MOST ? await textAddress(row, order, { source, options, notes }) : row.loadAddress,
      path: await pathAt(row.filepathOffset, { source, options, notes }),
      uuid: row.uuid.some((byte) => byte !== 0) ? row.uuid : undefined,
    });
  }
  const lost = [
    ...(segments > 0 ? [`the addresses of ${counted(segments, "segments")}`] : []),
    ...(executing > 0 ? [`that threads executed ${executing} of them`] : []),
  ];
  if (lost.length > 0) notes.lose(`of the ${counted(count, "images")} of the list, ${lost.join(", and ")}`);
  return images;
}

/** A path in the core; 2^64 - 1, and 0, is none. */
async function pathAt(offset: bigint, { source, options, notes }: ImporterInput): Promise<string | undefined> {
  if (offset === U64_MOST || offset === 0n) return undefined;
  if (offset >= BigInt(source.size)) {
    notes.damage("the path of an image lies behind the end of the core");
    return undefined;
  }
  const at = Number(offset);
  const text = storedText(
    await source.read(at, Math.min(PATH_MOST, source.size - at), options.signal),
    "the path of a module",
    notes,
  );
  return text === "" ? undefined : text;
}

/** The address of `__TEXT`, which has the header of an image; undefined if the list does not say it. */
async function textAddress(
  { segAddrsOffset, segmentCount }: ReturnType<typeof IMAGE_INFO.decode>,
  order: StructureOrder,
  { source, options }: ImporterInput,
): Promise<bigint | undefined> {
  const size = BigInt(source.size);
  if (segAddrsOffset >= size) return undefined;
  const at = Number(segAddrsOffset);
  const count = Math.min(segmentCount, SEGMENTS_MOST, Math.floor((source.size - at) / SEGMENT_ADDRESS.size));
  const rows = await source.read(at, count * SEGMENT_ADDRESS.size, options.signal);
  for (let index = 0; index < count; index++) {
    const { segname, vmaddr } = SEGMENT_ADDRESS.decode(rows, index * SEGMENT_ADDRESS.size, order);
    if (fieldText(segname) === "__TEXT" && vmaddr !== U64_MOST) return vmaddr;
  }
  return undefined;
}

/** The images of "load binary" notes. */
async function loadedBinaries(
  found: readonly MachNote[],
  order: StructureOrder,
  { source, options, notes }: ImporterInput,
): Promise<StatedImage[]> {
  const images: StatedImage[] = [];
  const slice = new TimeSlice(options.signal);
  let slid = 0;
  for (const { owner, offset, length } of found) {
    if (slice.isSpent(64)) await slice.renew();
    if (owner !== "load binary" || images.length === IMAGES_MOST) continue;
    const bytes = await source.read(offset, Math.min(length, LOAD_BINARY.size + PATH_MOST), options.signal);
    if (bytes.length < LOAD_BINARY.size) {
      notes.damage('a note "load binary" is cut off');
      continue;
    }
    const { loadAddress, slide, uuid } = LOAD_BINARY.decode(bytes, 0, order);
    if (slide !== 0n) slid++;
    const path = storedText(bytes.subarray(LOAD_BINARY.size), "the path of a module", notes);
    images.push({
      base: loadAddress === U64_MOST ? undefined : loadAddress,
      path: path === "" ? undefined : path,
      uuid: uuid.some((byte) => byte !== 0) ? uuid : undefined,
    });
  }
  if (slid > 0) notes.lose(`the slides of ${counted(slid, "images")} in notes "load binary"`);
  return images;
}
