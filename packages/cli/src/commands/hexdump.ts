import type { ContentPiece } from "@memslice/analysis";
import { MslError, type Place } from "@memslice/msl";
import { CONTENT_DETAILS, contentRange } from "../asking/content-range.js";
import { noteMissingRegions } from "../asking/cut-off-note.js";
import { forEachQuestioned, MEMORY_OPTIONS } from "../asking/for-each-questioned.js";
import { noteOverlaps, OVERLAP_DETAIL } from "../asking/overlap-note.js";
import type { Questioned } from "../asking/questioned.js";
import { namesOfContent } from "../asking/region-alone.js";
import { type Command, type Invocation, OPEN_OPTIONS } from "../command.js";
import { addressText, placeJson, placeText } from "../documents/place-text.js";
import { ExitStatus } from "../exit-status.js";
import { displayWidth } from "../terminal/display-width.js";
import { hexRows, hexText } from "../terminal/hex-text.js";
import { counted } from "../terminal/quantity-text.js";
import { safeText } from "../terminal/safe-text.js";

const DEFAULT_LENGTH = 256n;
const ROW_BYTES = 16;
/** Columns of an address. */
const ADDRESS_COLUMNS = 12;
/** Why bytes in a state cannot be shown. */
const HOLES: Readonly<Record<Exclude<ContentPiece["state"], "captured">, string>> = {
  failed: "could not be read when memory was captured",
  unmapped: "not mapped",
  missing: "captured, and not in the file",
  absent: "in no region of the capture",
};

export const hexdump: Command = {
  name: "hexdump",
  summary: "show bytes of memory",
  operands: "FILE ADDRESS [LENGTH]",
  options: {
    json: { type: "boolean", help: "one JSON document (msl.hexdump/1)" },
    ndjson: { type: "boolean", help: "one JSON object per line for each piece of memory: at most 64 KiB, or a hole" },
    ...MEMORY_OPTIONS,
    ...OPEN_OPTIONS,
  },
  details: [
    `A row for 16 bytes. LENGTH is ${DEFAULT_LENGTH} without a word. The region, and the module and the offset in it, stand behind the first row of each.`,
    "Bytes that were not captured have no row: a line says how many they are, and why they cannot be shown.",
    ...CONTENT_DETAILS,
    OVERLAP_DETAIL,
    "Exit status: 0 all bytes were captured, 1 not authenticated, 4 some bytes were not captured.",
  ],
  examples: [
    ["msl hexdump evidence.msl 7ffc00001fe0", "shows 256 bytes."],
    ["msl hexdump evidence.msl libc.so.6+0x1000 4KiB", "shows a page of a module."],
    ["msl hexdump --pid 4242 heap+64", "shows bytes of a live process."],
    ["msl hexdump evidence.msl 400000-401000 --json", "the same as a document, with the state of every byte."],
  ],
  run: async (invocation) => {
    const { files, options, signal } = invocation;
    // With --pid, all operands are addresses.
    const [file, ...words] = options["pid"] === undefined ? files : ["", ...files];
    if (file === undefined || words.length < 1 || words.length > 2) {
      throw new MslError("usage", "msl hexdump needs a file and an address; see: msl help hexdump");
    }
    return forEachQuestioned("hexdump", { ...invocation, files: file === "" ? [] : [file] }, async (shown, capture) => {
      const { start, end } = await contentRange(words, namesOfContent(capture), DEFAULT_LENGTH, signal);
      const { content } = await import("@memslice/analysis");
      await noteOverlaps(shown, capture, { start, end }, invocation);
      await noteMissingRegions(shown, capture, { start, end }, invocation);
      return show(shown, capture, content(capture.memory, start, end, signal), invocation);
    });
  },
};

/** Prints the pieces, and returns the exit status. */
async function show(
  file: string,
  capture: Questioned,
  pieces: AsyncIterable<ContentPiece>,
  { output, signal }: Invocation,
): Promise<ExitStatus> {
  const { Places } = await import("@memslice/analysis");
  const places = Places.of(capture, signal);
  const head = { schema: "msl.hexdump/1", file };
  const rows = new HexRows((addresses) => places.at(addresses), output.width);
  let status: ExitStatus = ExitStatus.Done;
  const jsonOf = async (piece: ContentPiece) => {
    if (piece.state !== "captured") status = ExitStatus.Incomplete;
    const [place = { address: piece.start }] = await places.at([piece.start]);
    return pieceJson(piece, place);
  };
  if (output.format === "json") await output.jsonList(head, { name: "pieces", entries: pieces, jsonOf, signal });
  else {
    for await (const piece of pieces) {
      if (output.format === "ndjson") await output.json({ ...head, ...(await jsonOf(piece)) }, signal);
      else {
        if (piece.state !== "captured") status = ExitStatus.Incomplete;
        await output.write(await rows.of(piece));
      }
      if (!(await output.goesOn(signal))) break;
    }
  }
  return status;
}

function pieceJson({ start, end, state, bytes }: ContentPiece, place: Place): object {
  const { region } = place;
  return {
    ...placeJson({ ...place, address: start }),
    ...(region && { regionType: region.head.regionTypeName }),
    length: String(end - start),
    state,
    ...(bytes && { bytes: hexText(bytes) }),
  };
}

/** The lines of pieces of memory. Remembers the place of the last row. */
class HexRows {
  readonly #placesOf: (addresses: readonly bigint[]) => Promise<readonly Place[]>;
  readonly #width: number | undefined;
  #last = "";

  constructor(placesOf: (addresses: readonly bigint[]) => Promise<readonly Place[]>, width: number | undefined) {
    this.#placesOf = placesOf;
    this.#width = width;
  }

  async of({ start, end, state, bytes }: ContentPiece): Promise<string> {
    if (state !== "captured" || !bytes) {
      const [place] = await this.#placesOf([start]);
      this.#last = "";
      const reason = state === "captured" ? HOLES.missing : HOLES[state];
      const line = `${addressText(start).slice(2).padStart(ADDRESS_COLUMNS, "0")}  -- ${counted(end - start, "bytes")} ${reason} --`;
      return `${this.#beside(line, place ? this.#margin(place) : "")}\n`;
    }
    const lines = [...hexRows(start, bytes)];
    const places = await this.#placesOf(lines.map((_, row) => (row === 0 ? start : rowStart(start, row))));
    return lines.map((line, row) => `${this.#beside(line, this.#marginOf(places[row]))}\n`).join("");
  }

  /** The place stands behind the row, or on a line above it where a terminal has no room. */
  #beside(line: string, margin: string): string {
    const fits = margin === "" || this.#width === undefined || displayWidth(line + margin) <= this.#width;
    return fits ? `${line}${margin}` : `${" ".repeat(ADDRESS_COLUMNS)}${margin}\n${line}`;
  }

  /** The place, if it differs from that of the last row. */
  #marginOf(place: Place | undefined): string {
    const key = place ? `${place.region?.baseAddr}:${place.module?.baseAddr}` : "";
    if (key === this.#last || !place) return "";
    this.#last = key;
    return this.#margin(place);
  }

  #margin(place: Place): string {
    const text = placeText(place);
    return text === "-" ? "" : `  ${safeText(text)}`;
  }
}

/** The first address of a row behind the first. */
function rowStart(start: bigint, row: number): bigint {
  return (start / BigInt(ROW_BYTES) + BigInt(row)) * BigInt(ROW_BYTES);
}
