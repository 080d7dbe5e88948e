/** What `msl capture` is asked for, and what has to be there before a process is touched. */
import type { AcquireOptions, InvestigationOptions } from "@memslice/acquire";
import { type EncryptionOptions, MslError } from "@memslice/msl";
import type { Invocation } from "../command.js";
import type { Options, OptionValue } from "../options.js";
import { forgetEncryption, outputEncryption } from "../secrets/output-secret.js";
import { DASH } from "../streams/standard-input.js";
import { replaceable } from "./capture-file.js";
import { captureOptions } from "./capture-options.js";
import { CaseLog } from "./case-log.js";
import { investigationOptions, secretRequest } from "./investigation-options.js";
import { requireFreeFolder } from "./new-capture-folder.js";
import { type Series, seriesNames, seriesOf } from "./series-names.js";

/** What is captured: one process once, the processes of a tree, or one process again and again. */
type CaptureShape = { readonly kind: "one" } | { readonly kind: "tree" } | ({ readonly kind: "series" } & Series);

/** What was asked for, after its checks. */
export interface CapturePlan {
  /** The new capture or, of a tree, the folder of the captures; of a series, what their names are made of. */
  readonly out: string;
  readonly shape: CaptureShape;
  readonly asked: AcquireOptions;
  readonly investigation: InvestigationOptions | undefined;
  /** The invocation with the secret of the output. */
  readonly request: Invocation;
}

export interface Prepared {
  readonly log: CaseLog | undefined;
  readonly encryption: EncryptionOptions | undefined;
}

/** Throws `usage` for options that no capture can have. */
export async function capturePlan(invocation: Invocation): Promise<CapturePlan> {
  const { options } = invocation;
  const asked = captureOptions(options);
  const investigation = investigationOptions(options);
  if (investigation) {
    const { requireInvestigationOptions } = await import("@memslice/acquire");
    requireInvestigationOptions(investigation);
  }
  const shape = shapeOf(options);
  const isCheck = options["check"] === true;
  const out = isCheck ? "" : outOf(options["output"], shape);
  return { out, shape, asked, investigation, request: isCheck ? invocation : secretRequest(invocation) };
}

function shapeOf(options: Options): CaptureShape {
  const series = seriesOf(options);
  if (options["tree"] !== true) return series ? { kind: "series", ...series } : { kind: "one" };
  if (series) throw new MslError("usage", "--tree and --repeat exclude each other: a series is of one process");
  return { kind: "tree" };
}

function outOf(out: OptionValue, { kind }: CaptureShape): string {
  if (typeof out !== "string" || out === "")
    throw new MslError("usage", "msl capture needs the name of the new capture: --output OUT");
  if (out === DASH && kind !== "one") {
    const what = kind === "tree" ? "--tree writes a capture for each process" : "--repeat writes several captures";
    throw new MslError(
      "usage",
      `${what}, and standard output takes only one: name ${kind === "tree" ? "a folder" : "a file"} with -o`,
    );
  }
  return out;
}

/** Throws `usage` if OUT is not to be replaced, and what the case log and the secret of OUT throw. */
export async function prepare(plan: CapturePlan, { options, output }: Invocation): Promise<Prepared> {
  const { out, shape, investigation, request } = plan;
  const outs = shape.kind === "series" ? seriesNames(out, shape.count) : [out];
  if (shape.kind === "tree") await requireFreeFolder(out, options);
  else if (out !== DASH) for (const one of outs) await replaceable(one, options);
  const log = typeof options["log"] === "string" ? await CaseLog.open(options["log"], outs) : undefined;
  try {
    const encryption = await outputEncryption(request, out);
    if (investigation && !encryption)
      output.note(`${out} is not encrypted, and describes the whole host: keep it where nobody else reads it`);
    if (investigation && isInArguments(plan.asked.redact))
      output.note(
        "The Process Table has the arguments of msl itself, with the names that --redact leaves out elsewhere: add ProcessTable.cmdLine",
      );
    return { log, encryption };
  } catch (error) {
    await log?.close();
    throw error;
  }
}

export async function release({ log, encryption }: Prepared): Promise<void> {
  forgetEncryption(encryption);
  await log?.close();
}

/** The options of `acquire` that follow from the plan. */
export function acquireOptions(
  { asked, investigation }: CapturePlan,
  { encryption }: Prepared,
  signal: AbortSignal,
): AcquireOptions {
  return { ...asked, ...(investigation && { investigation }), ...(encryption && { encryption }), signal };
}

/** Whether fields are redacted that the arguments of this command have, which stand in the Process Table. */
function isInArguments(redact: AcquireOptions["redact"]): boolean {
  const given = ["acqUser", "hostname", "domain", "caseRef"];
  return given.some((field) => redact?.SystemContext?.includes(field)) && !redact?.ProcessTable?.includes("cmdLine");
}
