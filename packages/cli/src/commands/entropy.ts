import type { Entropy, EntropyWindows, RegionWithEntropy, WindowClass } from "@memslice/analysis";
import { ASK_DETAILS, type Asked, askCaptures, askOptions, numberOption } from "../asking/ask-captures.js";
import type { Questioned } from "../asking/questioned.js";
import type { Command, Invocation } from "../command.js";
import { paddedAddress } from "../documents/place-text.js";
import { flowed } from "../terminal/columns.js";
import { byteText } from "../terminal/quantity-text.js";
import { safeText } from "../terminal/safe-text.js";
import { sparkline } from "../terminal/sparkline.js";

const LEAST_WINDOW = 64;
const MOST_WINDOW = 2 ** 29;
const PAGE = 4096;
/** Bars of a region, which fit into 80 columns with what stands beside them. */
const BARS = 16;
const MOST_BITS = 8;

export const entropy: Command = {
  name: "entropy",
  summary: "show how much information memory holds, by region or by window",
  operands: "FILE...",
  options: {
    window: { type: "string", short: "w", value: "N", help: "bytes of a window, 64 to 536870912 (default 4096)" },
    windows: { type: "boolean", help: "a line for each window in place of each region" },
    ...askOptions("entropy", "region or window"),
  },
  details: [
    "A line for each region: its address, its size, the mean entropy in bits per byte (0 to 8), a profile, the class of most of its windows with their",
    "share, the type of the region and its module. A bar of the profile is the mean entropy of a part of the region; a dot is a part without a captured byte.",
    "Classes: zero, constant (one other value), text, code (machine code of x86-64), compressed-or-random, other; docs/analysis.md has the rule. A class is",
    "a hint, and proves nothing. Windows begin at multiples of their size; holes cut them. A window that lies in several regions counts to the first one.",
    ...ASK_DETAILS,
  ],
  examples: [
    ["msl entropy evidence.msl", "the regions, each with a profile and the class of most of its pages."],
    ["msl entropy evidence.msl --windows --range heap", "the pages of the heap."],
  ],
  run: async (invocation) => {
    const { options } = invocation;
    const windowBytes = numberOption("window", options["window"], LEAST_WINDOW, MOST_WINDOW) ?? PAGE;
    const question = { command: "entropy", head: { windowBytes } } as const;
    return options["windows"] === true
      ? askCaptures({ ...question, list: "windows", of: () => windowsAsked(windowBytes, invocation) }, invocation)
      : askCaptures(
          { ...question, list: "regions", of: (capture) => regionsAsked(capture, windowBytes, invocation) },
          invocation,
        );
  },
};

async function regionsAsked(
  capture: Questioned,
  windowBytes: number,
  { output, signal }: Invocation,
): Promise<Asked<RegionWithEntropy>> {
  const { entropyByRegion } = await import("@memslice/analysis");
  const regions = capture.alone ? [capture.alone.region] : await capture.regions(signal);
  return {
    ask: (memory, range) =>
      entropyByRegion({ memory, regions: async () => regions }, { windowBytes, profileParts: BARS, ...range }),
    view: {
      regionOf: ({ index }) => regions[index],
      heading: "address             size      bits  profile           mostly          region",
      text: (region, place) =>
        flowed(
          [
            output.style("bold", paddedAddress(region.address)),
            byteText(Number(region.size)).padEnd(8),
            (region.entropy ? region.entropy.mean.toFixed(2) : "-").padEnd(4),
            sparkline(region.profile ?? [], MOST_BITS).padEnd(BARS),
            mostly(region).padEnd(14),
            safeText(place),
          ],
          output.lineWidth,
        ),
      json: ({ size, windows, bytes, classes, entropy: bits, profile }) => ({
        size: String(size),
        windows,
        bytes: String(bytes),
        classes,
        ...(bits && { entropy: { mean: rounded(bits.mean), least: rounded(bits.least), greatest: rounded(bits.greatest) } }),
        ...(profile && { profile: profile.map((mean) => (mean === undefined ? null : rounded(mean))) }),
      }),
    },
  };
}

interface Window {
  readonly address: bigint;
  readonly length: number;
  readonly entropy: number;
  readonly class: WindowClass;
}

async function windowsAsked(windowBytes: number, { output }: Invocation): Promise<Asked<Window>> {
  const analysis = await import("@memslice/analysis");
  return {
    ask: (memory, range) => windowRows(analysis.entropy(memory, { windowBytes, ...range }), analysis.WINDOW_CLASSES),
    view: {
      heading: "address             bytes  bits  class                 region",
      text: ({ address, length, entropy: bits, class: name }, place) =>
        flowed(
          [
            output.style("bold", paddedAddress(address)),
            String(length).padStart(5),
            bits.toFixed(2),
            name.padEnd(20),
            safeText(place),
          ],
          output.lineWidth,
        ),
      json: (window) => ({ length: window.length, entropy: rounded(window.entropy), class: window.class }),
    },
  };
}

function windowRows(answer: Entropy, names: readonly WindowClass[]) {
  async function* run(): AsyncGenerator<readonly Window[], void, undefined> {
    for await (const batch of answer) yield rowsOf(batch, names);
  }
  return {
    [Symbol.asyncIterator]: run,
    get coverage() {
      return answer.coverage;
    },
  };
}

function rowsOf({ addresses, lengths, entropies, classes }: EntropyWindows, names: readonly WindowClass[]): Window[] {
  return Array.from(addresses, (address, i) => ({
    address,
    length: lengths[i] ?? 0,
    entropy: entropies[i] ?? 0,
    class: names[classes[i] ?? -1] ?? "other",
  }));
}

/** For example "code 75 %". */
function mostly({ windows, classes }: RegionWithEntropy): string {
  const [most] = Object.entries(classes).toSorted(([, a], [, b]) => b - a);
  if (!most || windows === 0) return "-";
  const [name, count] = most;
  return `${name === "compressed-or-random" ? "random" : name} ${Math.floor((100 * count) / windows)} %`;
}

/** Four digits behind the point: more of them differ by how sums are rounded. */
function rounded(bits: number): number {
  return Math.round(bits * 10_000) / 10_000;
}
