import { existsSync } from "node:fs";
import { MslError } from "@memslice/msl";
import { captureOne } from "../capturing/capture-one.js";
import { CAPTURE_OPTIONS } from "../capturing/capture-options.js";
import { acquireOptions, type CapturePlan, capturePlan, type Prepared, prepare, release } from "../capturing/capture-plan.js";
import { captureSeries } from "../capturing/capture-series.js";
import { captureTree } from "../capturing/capture-tree.js";
import { INVESTIGATION_OPTIONS } from "../capturing/investigation-options.js";
import { isOver, permittedTarget, refusal, type TargetProcess } from "../capturing/permitted-target.js";
import { SERIES_OPTIONS } from "../capturing/series-names.js";
import { logged } from "../capturing/tell-report.js";
import { Waiting } from "../capturing/waiting.js";
import { WANTED_OPTIONS, type WantedProcess, wantedProcess } from "../capturing/wanted-process.js";
import type { Command, Invocation } from "../command.js";
import { type CaptureReport, captureJson, captureText } from "../documents/capture-text.js";
import { ExitStatus } from "../exit-status.js";
import { HASHING_OPTIONS } from "../options.js";
import { ENCRYPT_OPTIONS } from "../secrets/output-secret.js";
import { DASH } from "../streams/standard-input.js";

export const capture: Command = {
  name: "capture",
  summary: "capture a live Linux process, page by page",
  operands: "PID",
  options: {
    ...WANTED_OPTIONS,
    tree: { type: "boolean", help: "a capture for the process and each one below it; OUT is a folder" },
    ...SERIES_OPTIONS,
    output: { type: "string", short: "o", value: "OUT", help: "the new capture; `-`: standard output" },
    force: { type: "boolean", short: "f", help: "replace OUT if it exists" },
    ...CAPTURE_OPTIONS,
    ...INVESTIGATION_OPTIONS,
    log: { type: "string", value: "FILE", help: "append the report to this case log, as a line of JSON" },
    "discard-partial": { type: "boolean", help: "remove OUT if the capture does not come to its end" },
    check: { type: "boolean", help: "only say whether the process can be captured, and what stands in the way" },
    ...HASHING_OPTIONS,
    json: { type: "boolean", help: "the report as one JSON document (msl.capture/1)" },
    ...ENCRYPT_OPTIONS,
  },
  details: [
    "Reads the files of /proc: no debugger, no agent. Pages that are neither in memory nor in swap are not read, so that the process does not",
    "grow: they are unmapped in the capture. Registers of threads cannot be read in this way; the report has their names and states.",
    "--name takes the process whose name (/proc/PID/comm, at most 15 bytes) or whose program's file name is exactly NAME. If several have it,",
    "nothing is captured, and they are listed. msl itself and the processes that started it are never meant.",
    "--tree names the captures in the folder by pid and name; Related Dumps name the captures of parent and children, and captures.json has the",
    "report. With --freeze all processes of the tree are stopped together. A process that cannot be captured is a row of the report.",
    "--repeat puts a number before `.msl` in OUT; each capture has a Related Dump that names the one before. --max-size is for all files together.",
    "Without --freeze the process goes on running. Mappings that changed meanwhile are captured again, and the report has every change. With",
    "--freeze it goes on in every case, also if msl is killed; a process that was stopped before stays stopped.",
    "OUT is readable by its owner alone, and grows while the process is read. When msl is interrupted, OUT holds every complete block; it has no",
    "End-of-Capture, and msl verify calls it incomplete.",
    "--investigation writes tables of the whole host beside the memory of the process, and encrypts OUT: with --encrypt-to whoever captures cannot",
    "read it. What may not be read, such as descriptors of other users, is counted in the report.",
    "Addresses are hexadecimal. A size is decimal, or has a unit: 512MiB.",
    "Exit status: 0 captured, 4 captured, but not everything that was asked for, 5 the process may not be read: the message says which check",
    "failed, and what would allow it; also if NAME means no process, or several.",
  ],
  examples: [
    [
      "msl capture 4242 -o evidence.msl --freeze --log case.jsonl",
      "stops the process while it is read, and logs the hash of the capture.",
    ],
    ["msl capture --name redis-server -o redis.msl", "captures the one process of that name, or lists those that have it."],
    ["msl capture --name job --wait --timeout 10m -o j.msl --freeze", "waits until the process starts."],
    ["msl capture 4242 -o heap.msl --paths '[heap]'", "captures the heap alone."],
    [
      "msl capture 42 -o c --investigation --operator Ann --host h --encrypt-to a.pub",
      "captures the host too, for the owner of the key alone.",
    ],
    ["msl capture 4242 --tree -o case --freeze", "captures a process and all below it, stopped together, into a folder."],
    ["msl capture 4242 --repeat 3 --every 10s -o heap.msl", "writes heap-1.msl, heap-2.msl and heap-3.msl, to be compared."],
    ["msl capture 4242 --check", "says whether the process can be captured."],
  ],
  run: captureProcess,
};

async function captureProcess(invocation: Invocation): Promise<ExitStatus> {
  const { options, files } = invocation;
  const wanted = wantedProcess(files, options);
  if (process.platform !== "linux") {
    throw new MslError("usage", `Processes can be captured on Linux only, and this is ${process.platform}`);
  }
  // Every option is checked before anything is touched: OUT may be there, and --force removes it.
  const plan = await capturePlan(invocation);
  if (options["check"] === true) {
    const checked = await permittedTarget(named(wanted, invocation), invocation);
    return typeof checked === "number" ? checked : ExitStatus.Done;
  }
  // A process that is waited for may be short-lived: everything else is ready when it comes.
  const isWaitedFor = "name" in wanted && wanted.waitMs !== undefined;
  const early = isWaitedFor ? await prepare(plan, invocation) : undefined;
  try {
    const from = named(wanted, invocation);
    for (;;) {
      const target = await permittedTarget(from, invocation);
      if (typeof target === "number") return target;
      const status = await capturedUnlessGone(plan, target, { early, from }, invocation);
      if (status !== undefined) return status;
    }
  } finally {
    if (early) await release(early);
  }
}

/** Time begins to run for a process that is waited for. */
function named(wanted: WantedProcess, invocation: Invocation): TargetProcess | Waiting {
  return "name" in wanted ? new Waiting(wanted, invocation) : wanted;
}

/** undefined if the process ended before its capture began, and another one may come. */
async function capturedUnlessGone(
  plan: CapturePlan,
  target: TargetProcess,
  { early, from }: { readonly early: Prepared | undefined; readonly from: TargetProcess | Waiting },
  invocation: Invocation,
): Promise<ExitStatus | undefined> {
  const prepared = early ?? (await prepare(plan, invocation));
  try {
    return await capturePlanned(plan, target, prepared, invocation);
  } catch (error) {
    const isUnread = error instanceof MslError && (error.code === "source" || error.code === "not-permitted");
    if (!isUnread || existsSync(plan.out)) throw error;
    if (from instanceof Waiting && from.goesOn && (await isOver(target))) {
      from.gone(target.pid);
      return undefined;
    }
    const refused = await refusal(target, invocation);
    if (refused === undefined) throw error;
    return refused;
  } finally {
    if (!early) await release(prepared);
  }
}

async function capturePlanned(
  plan: CapturePlan,
  target: TargetProcess,
  prepared: Prepared,
  invocation: Invocation,
): Promise<ExitStatus> {
  const { out, shape } = plan;
  const { log } = prepared;
  try {
    if (shape.kind === "tree") return await captureTree(plan, target, prepared, invocation);
    if (shape.kind === "series") return await captureSeries(plan, shape, target, prepared, invocation);
    const { acquire } = await import("@memslice/acquire");
    const report = await captureOne(
      {
        ...{ pid: target.pid, out, isEncrypted: prepared.encryption !== undefined },
        take: (sink, options) =>
          acquire(target.pid, sink, {
            ...acquireOptions(plan, prepared, invocation.signal),
            ...(target.startTicks !== undefined && { startTicks: target.startTicks }),
            ...options,
          }),
      },
      invocation,
    );
    // Before the report is printed: standard output may be closed, and the log is to have the hashes then too.
    const isLogged = await logged(log, captureJson(out, report));
    await printReport(out, report, invocation);
    return report.complete && isLogged ? ExitStatus.Done : ExitStatus.Incomplete;
  } catch (error) {
    if (error instanceof MslError) {
      const { code, message } = error;
      await logged(log, { schema: "msl.capture/1", file: out, pid: target.pid, error: { code, message } });
    }
    throw error;
  }
}

/** The report goes to standard error if the capture goes to standard output. */
async function printReport(out: string, report: CaptureReport, { output, signal }: Invocation): Promise<void> {
  const document = captureJson(out, report);
  const channel = out === DASH ? output.diagnostics : output;
  if (output.format === "json") await channel.json(document, signal);
  else await channel.write(captureText(out, report, channel));
}
