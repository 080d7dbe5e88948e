/** `msl capture --tree`: a capture for each process of a tree, in a folder, and a document about all of them. */
import { join } from "node:path";
import type { ProcessTree, TreeProcess } from "@memslice/acquire";
import { MslError } from "@memslice/msl";
import type { Invocation } from "../command.js";
import { isTreeComplete, type TreeReport, type TreeRow, treeJson, treeText } from "../documents/tree-text.js";
import type { ExitStatus } from "../exit-status.js";
import { captureOne, partialBytes, SizeBudget } from "./capture-one.js";
import { acquireOptions, type CapturePlan, type Prepared } from "./capture-plan.js";
import { captureName, inCaptureFolder, writeManifest } from "./new-capture-folder.js";
import type { TargetProcess } from "./permitted-target.js";
import { saved, told } from "./tell-report.js";

/** Throws what `openProcessTree` throws, and `sink` if the folder cannot be made. A process that cannot be captured is a row of the report. */
export async function captureTree(
  plan: CapturePlan,
  target: TargetProcess,
  prepared: Prepared,
  invocation: Invocation,
): Promise<ExitStatus> {
  const { out: folder } = plan;
  const report = await inCaptureFolder(folder, () => captured(plan, target, prepared, invocation));
  const [document, text] = [treeJson(report), treeText(report, invocation.output)];
  const isWritten = await saved(() => writeManifest(folder, document));
  return told({ document, text, isComplete: isTreeComplete(report) && isWritten }, prepared.log, invocation);
}

async function captured(
  plan: CapturePlan,
  { pid, startTicks }: TargetProcess,
  prepared: Prepared,
  invocation: Invocation,
): Promise<TreeReport> {
  const { openProcessTree } = await import("@memslice/acquire");
  const options = { ...acquireOptions(plan, prepared, invocation.signal), ...(startTicks !== undefined && { startTicks }) };
  const tree = await openProcessTree(pid, options);
  const rows: TreeRow[] = [];
  const budget = new SizeBudget(invocation);
  try {
    for (const process of tree.processes) rows.push(await rowOf(tree, process, { plan, prepared, budget, invocation }));
  } finally {
    // In every case: processes that were stopped go on.
    tree.end();
  }
  rows.sort((a, b) => a.process.depth - b.process.depth || a.process.pid - b.process.pid);
  return { folder: plan.out, pid, rows, changes: tree.end() };
}

interface Work {
  readonly plan: CapturePlan;
  readonly prepared: Prepared;
  readonly budget: SizeBudget;
  readonly invocation: Invocation;
}

/** Captures one process. What keeps it from being captured is said, and does not keep the others from it. */
async function rowOf(tree: ProcessTree, process: TreeProcess, { plan, prepared, budget, invocation }: Work): Promise<TreeRow> {
  const { pid, permitted, findings } = process;
  const { output, signal } = invocation;
  if (signal.aborted)
    return { process, error: { code: "aborted", message: "The command was interrupted before it was captured" } };
  if (!permitted) {
    const message = findings
      .filter(({ blocks }) => blocks)
      .map(({ found }) => found)
      .join(". ");
    return { process, error: { code: "not-permitted", message } };
  }
  const file = captureName(process);
  const out = join(plan.out, file);
  let isBegun = false;
  try {
    const capture = await captureOne(
      {
        ...{ pid, out, isEncrypted: prepared.encryption !== undefined },
        take: (sink, options) => tree.acquire(pid, sink, options),
        onBegin: () => {
          isBegun = true;
        },
      },
      budget.invocation,
    );
    budget.add(capture.size);
    return { process, file, capture };
  } catch (error) {
    if (!(error instanceof MslError)) throw error;
    if (!signal.aborted) output.complaint(`process ${pid}`, error);
    const bytes = await partialBytes(out, isBegun);
    budget.add(bytes ?? 0);
    return { process, ...(bytes !== undefined && { file }), error: { code: error.code, message: error.message } };
  }
}
