import { MslError } from "@memslice/msl";
import { captureFile, sha256Of } from "../capturing/capture-file.js";
import { CAPTURE_OPTIONS, captureOptions, captureTarget } from "../capturing/capture-options.js";
import { CaseLog } from "../capturing/case-log.js";
import { INVESTIGATION_OPTIONS, investigationOptions, secretRequest } from "../capturing/investigation-options.js";
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
    "Without --freeze the process goes on running. Mappings that changed meanwhile are captured again, and the report has every change. With",
    "--freeze it goes on in every case, also if msl is killed; a process that was stopped before stays stopped.",
    "OUT is readable by its owner alone, and grows while the process is read. When msl is interrupted, OUT holds every complete block; it has no",
    "End-of-Capture, and msl verify calls it incomplete.",
    "--investigation writes tables of the whole host beside the memory of the process, and encrypts OUT: with --encrypt-to whoever captures cannot",
    "read it. What may not be read, such as descriptors of other users, is counted in the report.",
    "Addresses are hexadecimal. A size is decimal, or has a unit: 512MiB.",
    "Exit status: 0 captured, 4 captured, but not everything that was asked for, 5 the process may not be read: the message says which check",
    "failed, and what would allow it.",
  ],
  examples: [
    [
      "msl capture 4242 -o evidence.msl --freeze --log case.jsonl",
      "stops the process while it is read, and logs the hash of the capture.",
    ],
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
  const { options, output } = invocation;
  const pid = captureTarget(invocation.files);
  const out = options["output"];
  if (process.platform !== "linux") {
    throw new MslError("usage", `Processes can be captured on Linux only, and this is ${process.platform}`);
  }
  const { preflight, requireInvestigationOptions } = await import("@memslice/acquire");
  // Every option is checked before anything is touched: OUT may be there, and --force removes it.
  const asked = captureOptions(options);
  const investigation = investigationOptions(options);
  if (investigation) requireInvestigationOptions(investigation);
  const request = options["check"] === true ? invocation : secretRequest(invocation);
  const { permitted, findings } = preflight(pid);
  if (options["check"] === true || !permitted) {
    const sentences = findings.map(({ found, remedy }) => (remedy === "" ? found : `${found}: ${remedy}`));
    if (permitted) {
      if (output.format === "json") await output.json({ schema: "msl.capture/1", pid, permitted, findings });
      else await output.write([`Process ${pid} can be captured`, ...sentences].map((line) => `${line}\n`).join(""));
      return ExitStatus.Done;
    }
    const message = `Process ${pid} cannot be captured. ${sentences.join(". ")}`;
    await output.failure("capture", undefined, new MslError("not-permitted", message), { findings });
    return ExitStatus.NotPermitted;
  }
  if (typeof out !== "string" || out === "")
    throw new MslError("usage", "msl capture needs the name of the new capture: --output OUT");
  for (const { found } of findings) output.note(found);
  const log = typeof options["log"] === "string" ? await CaseLog.open(options["log"], out) : undefined;
  try {
    return await captureInto(out, { pid, asked, investigation, request, log }, invocation);
  } finally {
    await log?.close();
  }
}

/** What was asked for, after its checks. */
interface CaptureRequest {
  readonly pid: number;
  readonly asked: ReturnType<typeof captureOptions>;
  readonly investigation: ReturnType<typeof investigationOptions>;
  /** The invocation with the secret of the output. */
  readonly request: Invocation;
  readonly log: CaseLog | undefined;
}

async function captureInto(out: string, asking: CaptureRequest, invocation: Invocation): Promise<ExitStatus> {
  const { pid, asked, investigation, request, log } = asking;
  const { output } = invocation;
  const { acquire } = await import("@memslice/acquire");
  const encryption = await outputEncryption(request, out);
  if (investigation && !encryption)
    output.note(`${out} is not encrypted, and describes the whole host: keep it where nobody else reads it`);
  const progress = new Progress(`process ${pid}`, output.quiet);
  try {
    const captured = await captureFile(out, invocation, (sink, onPlan) =>
      acquire(pid, sink, {
        ...asked,
        ...(investigation && { investigation }),
        ...(encryption && { encryption }),
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
      await logged(log, { schema: "msl.capture/1", file: out, pid, error: { code, message } });
    }
    throw error;
  } finally {
    forgetEncryption(encryption);
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
