/** Finds the process that `msl capture` is to capture, waits for it if asked to, and says why there is none that may be captured. */
import type { Finding, FoundProcesses, PreflightReport } from "@memslice/acquire";
import { MslError } from "@memslice/msl";
import type { Invocation } from "../command.js";
import { candidatesText, processJson } from "../documents/process-text.js";
import { ExitStatus } from "../exit-status.js";
import { checkTree } from "./check-tree.js";
import { outputFindings } from "./output-findings.js";
import { Waiting } from "./waiting.js";

/** A process that was found. */
export interface TargetProcess {
  readonly pid: number;
  /** Of a process that was found by its name: no other one that gets the pid is captured. */
  readonly startTicks?: bigint;
}

/** Why a capture that was begun for a permitted process was refused before anything was read, such as because it has just ended; undefined if nothing stands in the way. */
export async function refusal(target: TargetProcess, invocation: Invocation): Promise<ExitStatus | undefined> {
  const report = await preflightOf(target);
  return report.permitted ? undefined : answer(report, invocation);
}

/**
 * The process that is meant, which may be captured; or the status of the answer that was given instead: with --check, and if there is none, several, or one that
 * may not be read. Throws `aborted` while it waits.
 */
export async function permittedTarget(
  wanted: TargetProcess | Waiting,
  invocation: Invocation,
): Promise<TargetProcess | ExitStatus> {
  const ofOutput = await outputFindings(invocation.options);
  if (!(wanted instanceof Waiting))
    return (await answer(withFindings(await preflightOf(wanted), ofOutput), invocation)) ?? wanted;
  // Nobody waits for a process that cannot be captured when it comes.
  if (wanted.goesOn && ofOutput.length > 0) return refuse("Nothing can be captured", ofOutput, invocation);
  for (;;) {
    const target = await namedTarget(wanted, invocation);
    if (typeof target === "number") return target;
    // A process that has ended since: another one may come.
    const report = await preflightOf(target);
    if (wanted.goesOn && hasEnded(report)) wanted.gone(target.pid);
    else return (await answer(withFindings(report, ofOutput), invocation)) ?? target;
  }
}

/** The one process with the name, or the status after saying that there is none, or which ones there are. */
async function namedTarget(waiting: Waiting, { output }: Invocation): Promise<TargetProcess | ExitStatus> {
  const { name, waitMs } = waiting;
  const found = await waiting.found();
  const { nameFinding } = await import("@memslice/acquire");
  const [only] = found.processes;
  const finding = nameFinding(name, found);
  if (only && !finding) {
    sayPassedOver(found, output);
    return { pid: only.pid, startTicks: only.startTicks };
  }
  const { found: sentence = "", remedy = "" } = finding ?? {};
  const waited = waitMs === undefined ? "" : `, in ${waitMs / 1000} s`;
  const message = `${sentence}${found.processes.length === 0 ? waited : ""}${remedy === "" ? "" : `: ${remedy}`}`;
  const candidates = found.processes.map(processJson);
  await output.failure("capture", undefined, new MslError("not-permitted", message), { findings: [finding], candidates });
  if (found.processes.length > 0 && output.format === "text") {
    const { diagnostics } = output;
    await diagnostics.write(candidatesText(found.processes, diagnostics));
  }
  return ExitStatus.NotPermitted;
}

/** Says which processes with the name are not meant, although they could be captured. */
function sayPassedOver({ passedOver }: FoundProcesses, output: Invocation["output"]): void {
  const ancestors = passedOver.filter(({ reason }) => reason === "ancestor").map((one) => one.process.pid);
  if (ancestors.length > 0) output.note(`Not meant, because it started msl: process ${ancestors.join(", ")}`);
}

/** Whether the process has ended. */
export async function isOver(target: TargetProcess): Promise<boolean> {
  return hasEnded(await preflightOf(target));
}

function hasEnded({ findings }: PreflightReport): boolean {
  return findings.some(({ code }) => code === "no-such-process" || code === "zombie");
}

/** What stands in the way of the output is a reason like one of the process. */
function withFindings(report: PreflightReport, more: readonly Finding[]): PreflightReport {
  return { ...report, permitted: report.permitted && more.length === 0, findings: [...report.findings, ...more] };
}

async function refuse(head: string, findings: readonly Finding[], { output }: Invocation): Promise<ExitStatus> {
  const message = `${head}. ${findings.map(sentenceOf).join(". ")}`;
  await output.failure("capture", undefined, new MslError("not-permitted", message), { findings });
  return ExitStatus.NotPermitted;
}

function sentenceOf({ found, remedy }: Finding): string {
  return remedy === "" ? found : `${found}: ${remedy}`;
}

async function preflightOf({ pid }: TargetProcess): Promise<PreflightReport> {
  const { preflight } = await import("@memslice/acquire");
  return preflight(pid);
}

/** With --check, and for a process that may not be captured: says so, and returns the status. Otherwise notes what is worth knowing. */
async function answer({ pid, permitted, findings }: PreflightReport, invocation: Invocation): Promise<ExitStatus | undefined> {
  const { options, output } = invocation;
  if (permitted && options["check"] === true && options["tree"] === true) return checkTree(pid, findings, invocation);
  if (!permitted) return refuse(`Process ${pid} cannot be captured`, findings, invocation);
  if (options["check"] === true) {
    if (output.format === "json") await output.json({ schema: "msl.capture/1", pid, permitted, findings });
    else await output.write([`Process ${pid} can be captured`, ...findings.map(sentenceOf)].map((line) => `${line}\n`).join(""));
    return ExitStatus.Done;
  }
  for (const { found } of findings) output.note(found);
  return undefined;
}
