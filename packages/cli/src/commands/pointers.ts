import type { Pointer } from "@memslice/analysis";
import { ARCH_TYPE, type MemoryRange, MslError } from "@memslice/msl";
import { ASK_DETAILS, type Asked, askCaptures, askOptions } from "../asking/ask-captures.js";
import { addressOf, namedMemoryOf, rangesOf } from "../asking/memory-words.js";
import { pointerPairs } from "../asking/pointer-pairs.js";
import type { Questioned } from "../asking/questioned.js";
import type { Command, Invocation } from "../command.js";
import { addressText, paddedAddress, placeText } from "../documents/place-text.js";
import { type OptionValue, wordsOf } from "../options.js";
import { flowed } from "../terminal/columns.js";
import { safeText } from "../terminal/safe-text.js";

/** Bytes of a pointer, and multiples of bytes at which pointers stand. */
const WIDTHS = [4, 8] as const;
const ALIGNMENTS = [1, 2, 4, 8] as const;

export const pointers: Command = {
  name: "pointers",
  summary: "find who points at a place in memory",
  operands: "FILE...",
  options: {
    to: { type: "strings", value: "ADDRESS", help: "pointers to this address; may be given several times" },
    into: { type: "strings", value: "RANGE", help: "pointers to any address in this range; may be given several times" },
    table: { type: "boolean", help: "count the pointers from each region into each region" },
    width: {
      type: "string",
      value: "N",
      words: WIDTHS.map(String),
      help: "bytes of a pointer: 4 or 8; default: those of the architecture of the capture",
    },
    align: {
      type: "string",
      value: "N",
      words: ALIGNMENTS.map(String),
      help: "pointers stand at multiples of 1, 2, 4 or 8; default: their width; 1 finds all",
    },
    "ignore-bits": {
      type: "string",
      value: "MASK",
      help: "bits of a pointer that are no part of the address: hexadecimal with 0x, such as 0x7 for the lowest three",
    },
    ...askOptions("pointers", "pointer"),
  },
  details: [
    "A line for each pointer: where it stands, with region and module, its value, and the place that it points to.",
    "--range bounds where pointers stand, --to and --into where they lead.",
    "With --table: a line for each pair of regions of which one has pointers into the other: their number, where they stand, and where they lead.",
    ...ASK_DETAILS,
  ],
  examples: [
    ["msl pointers evidence.msl --into libcrypto.so.3", "who points into a module."],
    ["msl pointers evidence.msl --to 7ffc00001040 --align 1", "who points at an address, at any alignment."],
    ["msl pointers evidence.msl --table", "how regions point at each other."],
  ],
  run: async (invocation) => {
    const { options } = invocation;
    const hasTarget = wordsOf(options["to"]).length + wordsOf(options["into"]).length > 0;
    const words = wordOptions(invocation);
    if (options["table"] === true) {
      if (hasTarget || wordsOf(options["range"]).length > 0) {
        throw new MslError(
          "usage",
          "msl pointers --table counts pointers between all regions, and excludes --to, --into and --range",
        );
      }
      const of = (capture: Questioned) => pointerPairs(capture, wordsAsked(capture, words), invocation);
      return askCaptures({ command: "pointers", list: "pairs", of }, invocation);
    }
    if (!hasTarget) {
      throw new MslError("usage", "msl pointers needs a target: --to ADDRESS, --into RANGE, or --table; see: msl help pointers");
    }
    return askCaptures(
      { command: "pointers", list: "pointers", of: (capture) => askedOf(capture, words, invocation) },
      invocation,
    );
  },
};

/** The options about words. Throws `usage`. */
function wordOptions({ options }: Invocation) {
  const width = sizeOption("width", options["width"], WIDTHS);
  const mask = options["ignore-bits"];
  if (mask !== undefined && !/^0x[0-9a-f]{1,16}$/i.test(String(mask))) {
    const meant = /^[0-9a-f]{1,16}$/i.test(String(mask)) ? `: write 0x${mask} if these bits are meant` : "";
    throw new MslError(
      "usage",
      `--ignore-bits takes a mask in hexadecimal with 0x, from 0x0 to 0xffffffffffffffff, such as 0x7, not ${JSON.stringify(mask)}${meant}`,
    );
  }
  return {
    width,
    alignment: sizeOption("align", options["align"], ALIGNMENTS),
    ignoredBits: mask === undefined ? 0n : BigInt(String(mask)),
  };
}

/** A number of bytes out of some. Throws `usage`. */
function sizeOption<Size extends number>(option: string, value: OptionValue, sizes: readonly Size[]): Size | undefined {
  if (value === undefined) return undefined;
  const found = sizes.find((size) => String(size) === value);
  if (found !== undefined) return found;
  throw new MslError(
    "usage",
    `--${option} takes ${sizes.slice(0, -1).join(", ")} or ${sizes.at(-1)}, not ${JSON.stringify(value)}`,
  );
}

/** How pointers stand in the memory of the capture, as far as options do not tell. */
function wordsAsked(capture: Questioned, { width, alignment, ignoredBits }: ReturnType<typeof wordOptions>) {
  return {
    pointerBytes: width ?? pointerBytesOf(capture),
    bigEndian: capture.header.endianness === BIG_ENDIAN,
    ignoredBits,
    ...(alignment !== undefined && { alignment }),
  };
}

async function askedOf(
  capture: Questioned,
  words: ReturnType<typeof wordOptions>,
  { options, output, signal }: Invocation,
): Promise<Asked<Pointer>> {
  const { Places, pointersTo } = await import("@memslice/analysis");
  const memory = await namedMemoryOf(capture, signal);
  const targets: readonly MemoryRange[] = [
    ...wordsOf(options["to"]).map((word) => {
      const start = addressOf(word, memory);
      return { start, end: start + 1n };
    }),
    ...wordsOf(options["into"]).flatMap((word) => rangesOf(word, memory)),
  ];
  const asked = wordsAsked(capture, words);
  const { ignoredBits } = asked;
  // Refuses options and a target that make no sense before anything is printed.
  pointersTo(capture.memory, targets, asked);
  const places = Places.of(capture.alone?.capture ?? capture, signal);
  const targetOf = async ({ value }: Pointer) => (await places.at([value & ~ignoredBits]))[0];
  return {
    ask: (space, range) => pointersTo(space, targets, { ...asked, ...range }),
    view: {
      text: async (pointer, place) => {
        const target = await targetOf(pointer);
        const cells = [
          output.style("bold", paddedAddress(pointer.address)),
          safeText(place),
          `-> ${paddedAddress(pointer.value)}`,
          safeText(target ? placeText(target) : "-"),
        ];
        return flowed(cells, output.lineWidth);
      },
      json: async (pointer) => {
        const { module, moduleOffset, region } = (await targetOf(pointer)) ?? {};
        return {
          value: addressText(pointer.value),
          ...(module && moduleOffset !== undefined
            ? { targetModule: module.path, targetModuleOffset: addressText(moduleOffset) }
            : {}),
          ...(region && { targetRegionBase: addressText(region.baseAddr) }),
        };
      },
    },
  };
}

const BIG_ENDIAN = 2;

/** 4 for the architectures of 32 bits, 8 for all others. */
function pointerBytesOf({ header }: Questioned): 4 | 8 {
  return /^(x86|.*32)$/.test(ARCH_TYPE.names[header.archType] ?? "") ? 4 : 8;
}
