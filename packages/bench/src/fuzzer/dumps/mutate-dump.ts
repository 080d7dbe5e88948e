/** One case of the fuzzer of imports: a sample dump and its mutations, all drawn from seed and run number. No mutation knows a format. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Random } from "../../captures/random.js";
import { writeInteresting } from "../mutator.js";

interface DumpSample {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface MutatedDump {
  readonly sample: string;
  readonly mutators: readonly string[];
  readonly bytes: Uint8Array;
}

type DumpMutator = (bytes: Uint8Array, random: Random, donor: () => Uint8Array) => Uint8Array;

/** Bytes at the start of a dump that hold its headers and directories. */
const HEAD_BYTES = 512;
const MOST_MUTATIONS = 6;
/** A mutant is cut to this size. */
const LARGEST_BYTES = 256 * 1024;

const MUTATORS: Readonly<Record<string, DumpMutator>> = {
  "head-value": (bytes, random) => changed(bytes, (copy) => writeInteresting(copy.subarray(0, HEAD_BYTES), random)),
  value: (bytes, random) => changed(bytes, (copy) => writeInteresting(copy.subarray(random.below(copy.length)), random)),
  "aligned-value": (bytes, random) =>
    changed(bytes, (copy) => writeInteresting(copy.subarray(random.below(copy.length) & ~3, copy.length).subarray(0, 8), random)),
  bits: (bytes, random) =>
    changed(bytes, (copy) => {
      const at = random.below(copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
    }),
  fill: (bytes, random) =>
    changed(bytes, (copy) => {
      const at = random.below(copy.length);
      copy.fill(random.pick([0, 1, 0x7f, 0x80, 0xff]), at, at + 1 + random.nearStart(copy.length - at));
    }),
  copy: (bytes, random) =>
    changed(bytes, (copy) => {
      const from = random.below(copy.length);
      copy.copyWithin(random.below(copy.length), from, from + 1 + random.nearStart(copy.length - from));
    }),
  cut: (bytes, random) => bytes.slice(0, random.below(bytes.length + 1)),
  extend: (bytes, random) =>
    joined(bytes, random.oneIn(2) ? new Uint8Array(random.below(8192)) : random.bytes(random.below(512))),
  splice: (bytes, random, donor) => {
    const other = donor();
    const at = random.below(Math.min(bytes.length, other.length));
    return joined(bytes.subarray(0, at), other.subarray(at));
  },
};

export const DUMP_MUTATORS: readonly string[] = Object.keys(MUTATORS);

export class DumpCorpus {
  readonly samples: readonly DumpSample[];

  constructor(samples: readonly DumpSample[]) {
    this.samples = samples;
  }

  mutant(seed: number, run: number): MutatedDump {
    const random = new Random(seed, run);
    const { name, bytes: original } = random.pick(this.samples);
    const mutators: string[] = [];
    let bytes = original;
    for (let left = 1 + random.nearStart(MOST_MUTATIONS); left > 0; left--) {
      const mutator = random.pick(DUMP_MUTATORS);
      mutators.push(mutator);
      if (bytes.length > 0) bytes = MUTATORS[mutator]?.(bytes, random, () => random.pick(this.samples).bytes) ?? bytes;
    }
    return { sample: name, mutators, bytes: bytes.slice(0, LARGEST_BYTES) };
  }
}

/** Every file of a folder, sorted by name. Throws an `Error` if there is none. */
export function loadDumps(folder: string): DumpCorpus {
  const names = readdirSync(folder).sort();
  if (names.length === 0) throw new Error(`There are no dumps in ${folder}`);
  return new DumpCorpus(names.map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(folder, name))) })));
}

function changed(bytes: Uint8Array, change: (copy: Uint8Array) => void): Uint8Array {
  const copy = bytes.slice();
  change(copy);
  return copy;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}
