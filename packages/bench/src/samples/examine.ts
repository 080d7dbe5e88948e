/** Examines one capture: its properties, whether it is read as expected, and the speed. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Capture, type KeyMaterial, MslError, openCapture } from "@memslice/msl";
import { exercise } from "../fuzzer/exercise.js";
import { noCounts } from "../fuzzer/tallies.js";
import type { CaptureFinding, CaptureMeasurements } from "../measurements/harness/findings.js";
import { contentFaults, recordedFor } from "./recorded-file.js";
import { derivedKeysOf, keysOf, type RecordedValues, verdictDifferences } from "./recorded-values.js";
import { timeCapture } from "./time-capture.js";

/** Larger captures are examined only in ways that use bounded memory. */
const EXERCISED_BYTES = 64 * 1024 * 1024;
const SEED = 1;
const MOST_FAULTS = 8;

/** Does not throw because of the capture: every failure becomes part of the finding. */
export async function examine(folder: string, path: string, quick: boolean): Promise<CaptureFinding> {
  const file = join(folder, path);
  const recorded = recordedFor(file);
  const keys = recorded && recordedKeys(recorded);
  const about = { kind: "capture", title: path, recorded: recorded !== undefined, bytes: sizeOf(file) } as const;
  try {
    const capture = await openCapture(file, { ...(keys && { keys: keys.given }) });
    try {
      const faults = await faultsOf(file, about.bytes, capture, recorded);
      const measured = await measure(file, capture, { quick, keys: keys?.derived, faults });
      return { ...about, outcome: faults.length > 0 ? "wrong" : "read", faults: faults.slice(0, MOST_FAULTS), measured };
    } finally {
      await capture.close();
    }
  } catch (error) {
    if (!(error instanceof MslError)) return { ...about, outcome: "wrong", faults: [String(error)] };
    return { ...about, ...refused(error, recorded), refusal: { code: error.code, message: error.message } };
  }
}

/** The secrets that open the capture, and the keys derived from them, with which opening is faster. undefined if none is recorded. */
function recordedKeys(recorded: RecordedValues): { readonly given: KeyMaterial; readonly derived: KeyMaterial } | undefined {
  const [given, derived] = [keysOf(recorded), derivedKeysOf(recorded)];
  if (Object.keys(given).length === 0) return Object.keys(derived).length === 0 ? undefined : { given: derived, derived };
  return { given, derived: Object.keys(derived).length === 0 ? given : derived };
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}

function refused({ code }: MslError, recorded: RecordedValues | undefined): Pick<CaptureFinding, "outcome" | "faults"> {
  const rejected = recorded?.features?.includes("reject");
  if (code === "missing-key" && !rejected && !(recorded && recordedKeys(recorded))) return { outcome: "needs-key", faults: [] };
  if (!recorded || rejected) return { outcome: "refused", faults: [] };
  if (!recorded.features?.includes("aead-fail")) {
    return { outcome: "wrong", faults: [`is refused, recorded is that it can be read (${recorded.integrity.verdict})`] };
  }
  if (code === "authentication-failed") return { outcome: "refused", faults: [] };
  return { outcome: "wrong", faults: [`is refused as ${code}, recorded is that its tag does not hold`] };
}

async function faultsOf(file: string, bytes: number, capture: Capture, recorded: RecordedValues | undefined): Promise<string[]> {
  if (recorded?.features?.includes("reject")) return ["is read, recorded is that it must be refused"];
  if (recorded?.features?.includes("aead-fail")) return ["is read, recorded is that its tag does not hold"];
  const disagreement = bytes > EXERCISED_BYTES ? [] : await disagreements(new Uint8Array(readFileSync(file)));
  if (!recorded) return disagreement;
  return [...disagreement, ...(await contentFaults(recorded, capture)), ...verdictDifferences(recorded, await capture.verify())];
}

/** Disagreements between the readers, memory by address and verification. */
async function disagreements(bytes: Uint8Array): Promise<string[]> {
  try {
    await exercise({ bytes, seed: SEED, run: 0 }, noCounts(), () => false);
    return [];
  } catch (error) {
    return [`readers: ${error instanceof Error ? error.message : error}`];
  }
}

interface Measuring {
  readonly quick: boolean;
  /** Keys of an encrypted capture, if they are recorded. */
  readonly keys: KeyMaterial | undefined;
  /** Faults that are found are added here. */
  readonly faults: string[];
}

async function measure(file: string, capture: Capture, { quick, keys, faults }: Measuring): Promise<CaptureMeasurements> {
  const { verdict } = await capture.verify();
  const pages = { captured: 0, failed: 0, unmapped: 0 };
  for (const region of await capture.regions()) {
    const { captured, failed, reserved, unmapped } = (await region.pages()).tally();
    pages.captured += captured;
    pages.failed += failed + reserved;
    pages.unmapped += unmapped;
    const counted = captured + failed + reserved + unmapped;
    const { numPages, baseAddr } = region.head;
    if (counted !== numPages) faults.push(`the region at ${baseAddr} has ${counted} page states for ${numPages} pages`);
  }
  return {
    blocks: capture.blocks.length,
    dialect: capture.dialect.id,
    verdict,
    deviations: capture.deviations.length,
    pages,
    ...(await timeCapture(file, capture, { quick, keys })),
  };
}
