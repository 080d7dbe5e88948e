/** `msl capture --repeat`: one process again and again, each time into a file of its own, to be compared. */
import { setTimeout as delay } from "node:timers/promises";
import type { AcquireOptions } from "@memslice/acquire";
import { MslError } from "@memslice/msl";
import type { Invocation } from "../command.js";
import type { CaptureReport } from "../documents/capture-text.js";
import { type SeriesReport, seriesJson, seriesText } from "../documents/series-text.js";
import { type ExitStatus, gravest, statusOfError } from "../exit-status.js";
import { captureOne, partialBytes, SizeBudget } from "./capture-one.js";
import { acquireOptions, type CapturePlan, type Prepared } from "./capture-plan.js";
import type { TargetProcess } from "./permitted-target.js";
import { type Series, seriesNames } from "./series-names.js";
import { told } from "./tell-report.js";

/** How often it is looked whether the process still runs, while the next capture is waited for. */
const LOOK_EVERY_MS = 500;

/** What a series of captures needs. */
interface SeriesWork {
  readonly plan: CapturePlan;
  readonly series: Series;
  readonly target: Required<TargetProcess>;
  readonly prepared: Prepared;
  readonly invocation: Invocation;
}

/** Captures that are complete stay, however the series ends. Throws `source` if the process has ended before the first one. */
export async function captureSeries(
  plan: CapturePlan,
  series: Series,
  { pid, startTicks }: TargetProcess,
  prepared: Prepared,
  invocation: Invocation,
): Promise<ExitStatus> {
  const { processById } = await import("@memslice/acquire");
  const ticks = startTicks ?? processById(pid)?.startTicks;
  if (ticks === undefined) throw new MslError("source", `Process ${pid} has ended`);
  const work: SeriesWork = { plan, series, target: { pid, startTicks: ticks }, prepared, invocation };
  const captures: { readonly file: string; readonly capture: CaptureReport }[] = [];
  const stopped = await taken(work, captures);
  const report: SeriesReport = { pid, ...series, captures, ...stopped };
  const isComplete = stopped.ended === undefined && captures.every(({ capture }) => capture.complete);
  const [document, text] = [seriesJson(report), seriesText(report, invocation.output)];
  const status = await told({ document, text, isComplete }, prepared.log, invocation);
  return stopped.error && !invocation.signal.aborted ? gravest(status, statusOfError(stopped.error)) : status;
}

/** Takes the captures one by one, and returns why there are fewer than were asked for. */
async function taken(
  work: SeriesWork,
  captures: { file: string; capture: CaptureReport }[],
): Promise<Pick<SeriesReport, "ended" | "error" | "partial">> {
  const { plan, series, target, prepared, invocation } = work;
  const { output, signal } = invocation;
  const budget = new SizeBudget(invocation);
  const start = performance.now();
  for (const [index, file] of seriesNames(plan.out, series.count).entries()) {
    if (!(await isTimeFor(start + index * series.everyMs, work)))
      return { ended: signal.aborted ? "interrupted" : "process-ended" };
    const late = performance.now() - start - index * series.everyMs;
    if (index > 0 && late > series.everyMs)
      output.note(`${file} begins ${(late / 1000).toFixed(1)} s late: the captures before took longer`);
    let isBegun = false;
    try {
      const capture = await captureOne(
        {
          onBegin: () => {
            isBegun = true;
          },
          ...{ pid: target.pid, out: file, isEncrypted: prepared.encryption !== undefined },
          take: async (sink, options) => {
            const { acquire } = await import("@memslice/acquire");
            return acquire(target.pid, sink, { ...optionsOf(work, captures.at(-1)?.capture), ...options });
          },
        },
        budget.invocation,
      );
      budget.add(capture.size);
      captures.push({ file, capture });
      if (capture.targetEnded) return { ended: "process-ended" };
    } catch (error) {
      if (!(error instanceof MslError)) throw error;
      const partial = (await partialBytes(file, isBegun)) === undefined ? {} : { partial: file };
      if (signal.aborted) return { ended: "interrupted", ...partial };
      if (!(await isRunning(target))) return { ended: "process-ended", ...partial };
      output.complaint(file, error);
      return { ended: "failed", error, ...partial };
    }
  }
  return {};
}

function optionsOf({ plan, target, prepared, invocation }: SeriesWork, previous: CaptureReport | undefined): AcquireOptions {
  return {
    ...acquireOptions(plan, prepared, invocation.signal),
    startTicks: target.startTicks,
    // The specification has no word for an earlier capture of the same process.
    relatedDumps: previous ? [{ relatedDumpUuid: previous.dumpUuid, relatedPid: target.pid, relationship: "other" }] : [],
  };
}

/** Resolves at the time, with true; with false as soon as the process has ended, or the command is interrupted. */
async function isTimeFor(time: number, { target, invocation: { signal } }: SeriesWork): Promise<boolean> {
  for (;;) {
    if (signal.aborted || !(await isRunning(target))) return false;
    const left = time - performance.now();
    if (left <= 0) return true;
    await delay(Math.min(left, LOOK_EVERY_MS), undefined, { signal }).catch(() => {});
  }
}

async function isRunning({ pid, startTicks }: Required<TargetProcess>): Promise<boolean> {
  const { preflight, processById } = await import("@memslice/acquire");
  if (processById(pid)?.startTicks !== startTicks) return false;
  return !preflight(pid).findings.some(({ code }) => code === "zombie" || code === "no-such-process");
}
