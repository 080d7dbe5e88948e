/** Times opening one capture, compared with the obvious reader, and verifying it. */
import { type Capture, type KeyMaterial, openCapture } from "@memslice/msl";
import { compare } from "../measurements/harness/compare.js";
import type { CaptureMeasurements } from "../measurements/harness/findings.js";
import { timePerRun } from "../measurements/harness/rounds.js";
import { quartiles } from "../measurements/harness/statistics.js";
import { readTextBlocks } from "../measurements/peers/obvious-reader.js";

const MIB = 1024 * 1024;
/** For larger captures, the obvious reader, which reads the whole file, is left out, and verification is timed once. */
const LARGE_BYTES = 256 * MIB;
/** Number of rounds if opening includes Argon2id, which takes about a second. */
const ROUNDS_WITH_DERIVATION = 3;

type Times = Pick<CaptureMeasurements, "openSeconds" | "verifySeconds" | "obviousReader">;
type Places = Iterable<{ readonly offset: number; readonly length: number }>;

export interface TimeOptions {
  readonly quick: boolean;
  /** Keys of an encrypted capture. If a key has to be derived, the time includes deriving it. */
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

/** Opens and closes the capture: closing is part of the time. */
async function opened(file: string, keys: KeyMaterial | undefined): Promise<Places> {
  const capture = await openCapture(file, { ...(keys && { keys }) });
  await capture.close();
  return capture.blocks;
}

function placesOf(blocks: Places): string {
  return Array.from(blocks, ({ offset, length }) => `${offset}+${length}`).join();
}
