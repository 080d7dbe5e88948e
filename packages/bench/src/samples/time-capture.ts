/** How fast one capture is opened, beside the obvious reader, and verified. */
import { type Capture, type KeyMaterial, openCapture } from "@memslice/msl";
import { compare } from "../measurements/harness/compare.js";
import type { CaptureMeasurements } from "../measurements/harness/findings.js";
import { timePerRun } from "../measurements/harness/rounds.js";
import { quartiles } from "../measurements/harness/statistics.js";
import { readTextBlocks } from "../measurements/peers/obvious-reader.js";

const MIB = 1024 * 1024;
/** Above this the obvious reader, which reads the file whole, is left out, and one verification is enough. */
const LARGE_BYTES = 256 * MIB;
/** Argon2id takes about a second. */
const ROUNDS_WITH_DERIVATION = 3;

type Times = Pick<CaptureMeasurements, "openSeconds" | "verifySeconds" | "obviousReader">;
type Places = Iterable<{ readonly offset: number; readonly length: number }>;

export interface TimeOptions {
  readonly quick: boolean;
  /** Of an encrypted capture. Where a key has to be derived from them, that is part of the time. */
  readonly keys: KeyMaterial | undefined;
}

export async function timeCapture(file: string, capture: Capture, { quick, keys }: TimeOptions): Promise<Times> {
  const isLarge = capture.size > LARGE_BYTES;
  const expected = placesOf(capture.blocks);
  const derives = keys?.passphrase !== undefined;
  const { entries } = await compare<Places>(
    {
      title: file,
      work: { amount: capture.blocks.length, unit: "blocks" },
      ours: { name: "openCapture", run: () => opened(file, keys) },
      peers: isLarge ? [] : [{ name: "obvious reader", run: () => readTextBlocks(file) }],
      check: (blocks) => (placesOf(blocks) === expected ? undefined : "finds other blocks"),
    },
    {
      rounds: derives ? ROUNDS_WITH_DERIVATION : quick ? 6 : 15,
      attempts: quick ? 1 : 3,
      warmUpSeconds: quick ? 0.005 : 0.02,
      leadInSeconds: quick ? 0 : 0.003,
      sampleSeconds: quick ? 0.001 : 0.005,
      keepsGarbage: quick,
    },
  );
  const [ours, peer] = entries;
  if (!ours?.seconds) throw new Error(`${file} was not timed`);
  const verify = { run: () => capture.verify() };
  const verifications: number[] = [];
  for (let i = 0; i < (isLarge || quick ? 1 : 7); i++) verifications.push(await timePerRun(verify, 1));
  return {
    openSeconds: ours.seconds,
    verifySeconds: quartiles(verifications),
    ...(peer?.ratio && { obviousReader: peer.ratio }),
  };
}

/** Closing is part of the time. */
async function opened(file: string, keys: KeyMaterial | undefined): Promise<Places> {
  const capture = await openCapture(file, { ...(keys && { keys }) });
  await capture.close();
  return capture.blocks;
}

function placesOf(blocks: Places): string {
  return Array.from(blocks, ({ offset, length }) => `${offset}+${length}`).join();
}
