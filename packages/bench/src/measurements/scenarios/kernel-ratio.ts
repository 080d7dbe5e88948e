/**
 * Whether the values of the BLAKE3 kernels still fit the registers of the processor. A kernel that no longer fits gives right results
 * at half the speed, so only a ratio reveals it. Each kernel is compared with its sibling or with blake3-wasm; the floors lie well
 * below the measured ratios and well above half of them.
 */
import { type Core, defaultCore } from "@memslice/core-wasm";
import { memoryLike } from "../../captures/memory-like.js";
import type { FigureFinding } from "../harness/findings.js";
import type { Run } from "../harness/rounds.js";
import { blake3Wasm } from "../peers/blake3.js";
import type { Scenario } from "../scenario.js";

const CHUNK_BYTES = 1024;
const HASH_BYTES = 32;
/** A multiple of four and of five, and so short that most runs are not interrupted. */
const CHUNKS = 1000;
const INPUT_BYTES = 1024 * CHUNK_BYTES;
const SHORT_BYTES = 200;
const SHORT_MESSAGES = 1000;
const ROUNDS = 400;
const QUICK_ROUNDS = 100;
const WARM_UP_SECONDS = 0.3;

export const kernelRatio: Scenario = {
  name: "kernel-ratio",
  summary: "whether the BLAKE3 kernels still fit the registers",
  async *run({ quick }) {
    const rounds = quick ? QUICK_ROUNDS : ROUNDS;
    const core = defaultCore();
    const area = new KernelArea(core);
    const { kernels } = core;
    const { context, input, output } = area;
    yield ratio("kernel for five inputs, in times of the speed of its sibling for four", 0.75, rounds, [
      () => kernels.blake3HashChunksFive(context, input, CHUNKS, output),
      () => kernels.blake3HashChunksFour(context, input, CHUNKS, output),
    ]);

    const wasm = await blake3Wasm();
    const bytes = memoryLike(INPUT_BYTES);
    yield ratio(`1 MiB, in times of the speed of ${wasm.name}`, 0.75, rounds, [
      () => kernels.blake3Hash(context, input, INPUT_BYTES, output),
      () => wasm.digest(bytes),
    ]);
    yield ratio(`messages of 1 KiB, in times of the speed of ${wasm.name}`, 0.85, rounds, [
      () => area.eachMessage(CHUNK_BYTES, (message) => kernels.blake3Hash(context, message, CHUNK_BYTES, output)),
      () => oneByOne(bytes, CHUNK_BYTES, wasm.oneShot),
    ]);
    area.describeMessages(SHORT_BYTES, SHORT_MESSAGES);
    yield ratio(`${SHORT_MESSAGES} messages of 200 B in lanes, in times of the speed of ${wasm.name}`, 3, rounds, [
      () => kernels.blake3HashBatch(context, area.descriptors, SHORT_MESSAGES),
      () => oneByOne(bytes, SHORT_BYTES, wasm.oneShot),
    ]);
    area.release();
  },
};

/** The speed of the first contender divided by that of the second. */
function ratio(title: string, floor: number, rounds: number, contenders: readonly [Run, Run]): FigureFinding {
  const [ours = Number.NaN, theirs = Number.NaN] = fastest(contenders, rounds, WARM_UP_SECONDS);
  return { kind: "figure", title, value: theirs / ours, unit: "x", bar: { atLeast: floor } };
}

/** Hashes a thousand consecutive messages of one length. */
function oneByOne(bytes: Uint8Array, length: number, hash: (message: Uint8Array) => Uint8Array): void {
  for (let i = 0; i < SHORT_MESSAGES; i++) hash(bytes.subarray(i * length, (i + 1) * length));
}

/** Linear memory for the inputs and outputs of the kernels. */
class KernelArea {
  readonly context: number;
  readonly input: number;
  readonly output: number;
  readonly descriptors: number;
  readonly #core: Core;
  readonly #size: number;

  constructor(core: Core) {
    const contextBytes = core.kernels.blake3ContextBytes();
    this.#core = core;
    this.#size = contextBytes + INPUT_BYTES + CHUNKS * HASH_BYTES + SHORT_MESSAGES * 16;
    this.context = core.memory.acquire(this.#size);
    this.input = this.context + contextBytes;
    this.output = this.input + INPUT_BYTES;
    this.descriptors = this.output + CHUNKS * HASH_BYTES;
    core.memory.view(this.input, INPUT_BYTES).set(memoryLike(INPUT_BYTES));
  }

  eachMessage(length: number, use: (address: number) => void): void {
    for (let i = 0; i < SHORT_MESSAGES; i++) use(this.input + i * length);
  }

  describeMessages(length: number, count: number): void {
    const words = new Uint32Array(this.#core.memory.memory.buffer, this.descriptors, 4 * count);
    for (let i = 0; i < count; i++) words.set([this.input + i * length, length, this.output + i * HASH_BYTES, 0], 4 * i);
  }

  release(): void {
    this.#core.memory.release(this.context, this.#size);
  }
}

/**
 * Seconds of the fastest of many short runs of each contender. Each contender first runs for `warmUpSeconds`, then all run in turn,
 * `rounds` times. The fastest run shows the speed of the code when nothing else disturbs it: unlike a median it hardly changes on a busy
 * machine, so an automatic check can rely on it. It does not predict the times that users see.
 */
function fastest(contenders: readonly Run[], rounds: number, warmUpSeconds: number): number[] {
  for (const run of contenders) {
    for (let spent = 0; spent < warmUpSeconds; ) spent += secondsOf(run);
  }
  const best = contenders.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < rounds; round++) {
    contenders.forEach((run, i) => {
      best[i] = Math.min(best[i] ?? Number.POSITIVE_INFINITY, secondsOf(run));
    });
  }
  return best;
}

function secondsOf(run: Run): number {
  const start = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - start) / 1e9;
}
