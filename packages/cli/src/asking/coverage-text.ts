/** How much of the memory of a capture was searched, over all ranges asked for. */
import type { Coverage } from "@memslice/analysis";
import type { Capture } from "@memslice/msl";
import { byteText, counted } from "../terminal/quantity-text.js";

/** The coverage of the ranges, and what is known to be missing in the whole capture. */
export interface CaptureCoverage extends Coverage {
  /** Memory Region blocks whose addresses cannot be read: nobody knows whether their memory lies in the ranges. */
  readonly unreadableRegions: number;
  /** Whether the capture has no End-of-Capture: regions may be missing. */
  readonly cutOff: boolean;
}

export async function captureCoverage(
  capture: Pick<Capture, "unreadableRegions" | "end">,
  coverages: readonly Coverage[],
  signal: AbortSignal,
): Promise<CaptureCoverage> {
  const sum = (bytesOf: (coverage: Coverage) => bigint) => coverages.reduce((bytes, one) => bytes + bytesOf(one), 0n);
  const unreadableRegions = (await capture.unreadableRegions(signal)).length;
  const cutOff = capture.end.eocIndex === null;
  return {
    searched: sum(({ searched }) => searched),
    notSearched: {
      failed: sum(({ notSearched }) => notSearched.failed),
      missing: sum(({ notSearched }) => notSearched.missing),
      leftOut: sum(({ notSearched }) => notSearched.leftOut),
      givenUp: sum(({ notSearched }) => notSearched.givenUp),
    },
    unmapped: sum(({ unmapped }) => unmapped),
    atLimit: coverages.some(({ atLimit }) => atLimit),
    complete: coverages.every(({ complete }) => complete) && unreadableRegions === 0 && !cutOff,
    unreadableRegions,
    cutOff,
  };
}

export function coverageJson({ searched, notSearched, unmapped, ...rest }: CaptureCoverage) {
  const { failed, missing, leftOut, givenUp } = notSearched;
  return {
    searched: String(searched),
    notSearched: { failed: String(failed), missing: String(missing), leftOut: String(leftOut), givenUp: String(givenUp) },
    unmapped: String(unmapped),
    unreadableRegions: rest.unreadableRegions,
    cutOff: rest.cutOff,
    atLimit: rest.atLimit,
    complete: rest.complete,
  };
}

/** For example "60.0 KiB searched; not searched: 12.0 KiB of pages that failed". */
export function coverageText({ searched, notSearched, unreadableRegions, cutOff, atLimit, complete }: CaptureCoverage): string {
  const { failed, missing, leftOut, givenUp } = notSearched;
  const gaps = [
    failed > 0n && `${bytes(failed)} of pages that failed`,
    missing > 0n && `${bytes(missing)} that the capture lacks`,
    leftOut > 0n && `${bytes(leftOut)} behind the limit`,
    givenUp > 0n && `${bytes(givenUp)} that would have taken too long`,
    atLimit && leftOut === 0n && "what follows the last finding, at the limit",
    unreadableRegions > 0 && `${counted(unreadableRegions, "regions")} that cannot be read`,
    cutOff && "what may follow the end of the file, since End-of-Capture is missing",
  ].filter((gap) => gap !== false);
  return `${bytes(searched)} searched${complete ? ", all that was asked for" : `; not searched: ${gaps.join(", ")}`}`;
}

function bytes(number: bigint): string {
  return byteText(Number(number));
}
