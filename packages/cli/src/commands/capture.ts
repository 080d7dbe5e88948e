import { type EncryptionOptions, MslError } from "@memslice/msl";
import { captureFile, replaceable, sha256Of } from "../capturing/capture-file.js";
import { CAPTURE_OPTIONS, captureOptions } from "../capturing/capture-options.js";
import { CaseLog } from "../capturing/case-log.js";
import { INVESTIGATION_OPTIONS, investigationOptions, secretRequest } from "../capturing/investigation-options.js";
import { permittedTarget, type TargetProcess } from "../capturing/permitted-target.js";
import { WANTED_OPTIONS, wantedProcess } from "../capturing/wanted-process.js";
import type { Command, Invocation } from "../command.js";
import { type CaptureReport, captureJson, captureText, progressLine } from "../documents/capture-text.js";
import { ExitStatus } from "../exit-status.js";
import { HASHING_OPTIONS } from "../options.js";
import { ENCRYPT_OPTIONS, forgetEncryption, outputEncryption } from "../secrets/output-secret.js";
import { DASH } from "../streams/standard-input.js";
import { Progress } from "../terminal/progress.js";
import { safeText } from "../terminal/safe-text.js";

export const capture: Command = {
  name: "capture",
  summary: "capture a live Linux process, page by page",
  operands: "PID",
  options: {
    ...WANTED_OPTIONS,
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
    ["msl capture 4242 --check", "says whether the process can be captured."],
  ],
  run: captureProcess,
};

async function captureProcess(invocation: Invocation): Promise<ExitStatus> {
  const { options } = invocation;
  const wanted = wantedProcess(invocation.files, options);
  const out = options["output"];
  const isCheck = options["check"] === true;
  if (process.platform !== "linux") {
    throw new MslError("usage", `Processes can be captured on Linux only, and this is ${process.platform}`);
  }
  const { requireInvestigationOptions } = await import("@memslice/acquire");
  // Every option is checked before anything is touched: OUT may be there, and --force removes it.
  const asked = captureOptions(options);
  const investigation = investigationOptions(options);
  if (investigation) requireInvestigationOptions(investigation);
  if (isCheck) {
    const checked = await permittedTarget(wanted, invocation);
    return typeof checked === "number" ? checked : ExitStatus.Done;
  }
  if (typeof out !== "string" || out === "")
    throw new MslError("usage", "msl capture needs the name of the new capture: --output OUT");
  const plan: CapturePlan = { out, asked, investigation, request: secretRequest(invocation) };
  // A process that is waited for may be short-lived: everything else is ready when it comes.
  const isWaitedFor = "name" in wanted && wanted.waitMs !== undefined;
  const early = isWaitedFor ? await prepare(plan, invocation) : undefined;
  try {
    const target = await permittedTarget(wanted, invocation);
    if (typeof target === "number") return target;
    const prepared = early ?? (await prepare(plan, invocation));
    try {
      return await captureInto(plan, target, prepared, invocation);
    } finally {
      if (!early) await release(prepared);
    }
  } finally {
    if (early) await release(early);
  }
}

/** What was asked for, after its checks. */
interface CapturePlan {
  readonly out: string;
  readonly asked: ReturnType<typeof captureOptions>;
  readonly investigation: ReturnType<typeof investigationOptions>;
  /** The invocation with the secret of the output. */
  readonly request: Invocation;
}

/** What has to be there before a process is touched. */
interface Prepared {
  readonly log: CaseLog | undefined;
  readonly encryption: EncryptionOptions | undefined;
}

/** Throws `usage` if OUT is not to be replaced, and what the case log and the secret of OUT throw. */
async function prepare({ out, investigation, request }: CapturePlan, { options, output }: Invocation): Promise<Prepared> {
  if (out !== DASH) await replaceable(out, options);
  const log = typeof options["log"] === "string" ? await CaseLog.open(options["log"], out) : undefined;
  try {
    const encryption = await outputEncryption(request, out);
    if (investigation && !encryption)
      output.note(`${out} is not encrypted, and describes the whole host: keep it where nobody else reads it`);
    return { log, encryption };
  } catch (error) {
    await log?.close();
    throw error;
  }
}

async function release({ log, encryption }: Prepared): Promise<void> {
  forgetEncryption(encryption);
  await log?.close();
}

async function captureInto(
  plan: CapturePlan,
  target: TargetProcess,
  prepared: Prepared,
  invocation: Invocation,
): Promise<ExitStatus> {
  const { out, asked, investigation } = plan;
  const { log, encryption } = prepared;
  const { acquire } = await import("@memslice/acquire");
  const progress = new Progress(`process ${target.pid}`, invocation.output.quiet);
  try {
    const captured = await captureFile(out, invocation, (sink, onPlan) =>
      acquire(target.pid, sink, {
        ...asked,
        ...(investigation && { investigation }),
        ...(encryption && { encryption }),
        ...(target.startTicks !== undefined && { startTicks: target.startTicks }),
        signal: invocation.signal,
        onPlan,
        onProgress: (state) => progress.update(state, progressLine(state)),
      }),
    );
    progress.done();
    // The hashes of an encrypted capture are those of its plaintext.
    const sha256 = encryption && out !== DASH ? await sha256Of(out, invocation.signal) : undefined;
    const report = { ...captured, ...(sha256 !== undefined && { sha256 }) };
    // Before the report is printed: standard output may be closed, and the log is to have the hashes then too.
    const isLogged = await logged(log, captureJson(out, report));
    await printReport(out, report, invocation);
    return report.complete && isLogged ? ExitStatus.Done : ExitStatus.Incomplete;
  } catch (error) {
    progress.done();
    if (error instanceof MslError) {
      const { code, message } = error;
      await logged(log, { schema: "msl.capture/1", file: out, pid: target.pid, error: { code, message } });
    }
    throw error;
  }
}

/** Whether the log, if there is one, has the document. A log that fails at the end, such as on a full disk, hides neither the report nor the error. */
async function logged(log: CaseLog | undefined, document: object): Promise<boolean> {
  try {
    await log?.append(document);
    return true;
  } catch (error) {
    if (!(error instanceof MslError)) throw error;
    process.stderr.write(`msl: ${safeText(error.message)}\n`);
    return false;
  }
}

/** The report goes to standard error if the capture goes to standard output. */
async function printReport(out: string, report: CaptureReport, { output, signal }: Invocation): Promise<void> {
  const document = captureJson(out, report);
  const channel = out === DASH ? output.diagnostics : output;
  if (output.format === "json") await channel.json(document, signal);
  else await channel.write(captureText(out, report, channel));
}
