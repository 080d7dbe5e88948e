/** Compares two captures by address, byte by byte, without the library's comparison of regions. */
import type { Capture, TranscodeReport } from "../src/index.js";
import { opened } from "./transcode-support.js";

/** Consecutive addresses that read differently in two captures, with the state in each. */
export interface Difference {
  readonly start: bigint;
  readonly end: bigint;
  readonly before: string;
  readonly after: string;
}

/** The most addresses behind each border of a region that are compared: faults repeat from page to page. */
const LOOKED_AT = 1 << 18;

interface Bytes {
  readonly states: readonly string[];
  readonly bytes: Uint8Array;
}

async function readAll({ memory }: Capture, start: bigint, length: number): Promise<Bytes> {
  const states = new Array<string>(length).fill("");
  const bytes = new Uint8Array(length);
  for (const segment of (await memory.read(start, length)).segments) {
    const at = Number(segment.address - start);
    states.fill(segment.state, at, at + segment.length);
    if (segment.bytes) bytes.set(segment.bytes, at);
  }
  return { states, bytes };
}

async function bordersOf(capture: Capture): Promise<bigint[]> {
  return (await capture.regions()).flatMap(({ baseAddr, endAddr }) => [baseAddr, endAddr]);
}

/** The addresses that read differently. Addresses outside all regions are not read: they are absent in both captures. */
export async function differencesByAddress(source: Uint8Array, output: Uint8Array, salvage = false): Promise<Difference[]> {
  return opened(
    source,
    (before) =>
      opened(output, async (after) => {
        const borders = [...(await bordersOf(before)), ...(await bordersOf(after))].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
        const found: Difference[] = [];
        for (const [i, start] of borders.entries()) {
          const end = borders[i + 1] ?? start;
          const length = Math.min(Number(end - start), LOOKED_AT);
          const [was, is] = [await readAll(before, start, length), await readAll(after, start, length)];
          for (let at = 0; at < length; at++) {
            if (was.states[at] === is.states[at] && was.bytes[at] === is.bytes[at]) continue;
            const states = { before: was.states[at] ?? "", after: is.states[at] ?? "" };
            const address = start + BigInt(at);
            const last = found.at(-1);
            if (last?.end === address && last.before === states.before && last.after === states.after) {
              found[found.length - 1] = { ...last, end: address + 1n };
            } else found.push({ start: address, end: address + 1n, ...states });
          }
        }
        return found;
      }),
    { salvage },
  );
}

/** The differences that the report does not have with the same states. */
export function untold(differences: readonly Difference[], { addresses }: TranscodeReport): readonly Difference[] {
  const told = addresses.map(({ start, end, before, after }) => ({ start: BigInt(start), end: BigInt(end), before, after }));
  return differences.filter(({ start, end, before, after }) => {
    const covering = told.filter(
      (one) => one.start < end && start < one.end && one.before.state === before && one.after.state === after,
    );
    const length = covering.reduce((sum, one) => sum + (min(one.end, end) - max(one.start, start)), 0n);
    return length < end - start;
  });
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
