/** What was found about a capture, as lines for people. */
import type { CaptureFinding, CaptureMeasurements } from "./findings.js";
import type { Ratio } from "./ratio.js";

const TITLE_WIDTH = 36;

/** Control characters of paths and messages are left out: they would act on a terminal. */
export function captureLines(finding: CaptureFinding): string[] {
  const { title, bytes, measured, faults, recorded } = finding;
  const rest = measured ? measurementsText(measured, bytes) : refusalText(finding);
  const line = `${title.padEnd(TITLE_WIDTH)} ${String(bytes).padStart(11)} B  ${rest}${recorded ? "" : " (no recorded values)"}`;
  return [line, ...faults.map((fault) => `    WRONG: ${fault}`)].map((text) => text.replace(/\p{Cc}/gu, ""));
}

function refusalText({ outcome, refusal }: CaptureFinding): string {
  return refusal ? `${outcome}: ${refusal.code}: ${refusal.message}` : outcome;
}

function measurementsText(measured: CaptureMeasurements, bytes: number): string {
  const { blocks, dialect, verdict, deviations, pages, openSeconds, verifySeconds, obviousReader } = measured;
  return [
    `${String(blocks).padStart(6)} blocks`,
    dialect.padEnd(19),
    verdict.padEnd(30),
    `${String(deviations).padStart(3)} deviations`,
    `${pages.captured}+${pages.failed}+${pages.unmapped} pages`,
    `open ${(openSeconds.median * 1e6).toFixed(0)} us (${ratioText(obviousReader)})`,
    `verify ${(bytes / verifySeconds.median / 1e6).toFixed(0)} MB/s`,
  ].join("  ");
}

/** Times of the obvious reader in times ours. */
function ratioText(ratio: Ratio | undefined): string {
  if (!ratio) return "the obvious reader fails";
  return ratio.supported ? `${ratio.median.toFixed(2)}x` : `${ratio.low.toFixed(2)} .. ${ratio.high.toFixed(2)}x`;
}
