/** Options of an investigation: who acquires, and on which host. */
import { MslError } from "@memslice/msl";

/** Texts are at most 65,534 bytes of UTF-8, without control characters. */
export interface InvestigationOptions {
  /** The operator of the acquisition (specification: AcqUser). */
  readonly operator: string;
  /** The name of the host (specification: Hostname). OSDetail has the name that the kernel has for itself, too. */
  readonly hostname: string;
  /** Default: the NIS domain of the kernel, if it has one. */
  readonly domain?: string;
  /** The reference of the case (specification: CaseRef). Default: none. */
  readonly caseRef?: string;
  /** Number of processes that the acquisition captures (specification: TargetCount), 1 to 2^32 - 1. Default 1. */
  readonly targetCount?: number;
}

const TEXT_MOST = 65_534;
const TARGETS_MOST = 0xffff_ffff;
/** Control characters, and halves of surrogate pairs. */
const UNWRITABLE = /[\p{Cc}\p{Cs}]/u;

/** Throws `usage` unless operator and host are named, and every text can stand in the format and on a terminal. */
export function requireInvestigationOptions({
  operator,
  hostname,
  domain,
  caseRef,
  targetCount = 1,
}: InvestigationOptions): void {
  requireText("operator", operator);
  requireText("hostname", hostname);
  if (domain !== undefined) requireText("domain", domain);
  if (caseRef !== undefined) requireText("caseRef", caseRef);
  if (Number.isInteger(targetCount) && targetCount >= 1 && targetCount <= TARGETS_MOST) return;
  throw new MslError(
    "usage",
    `targetCount of an investigation is ${targetCount}, expected a whole number from 1 to ${TARGETS_MOST}`,
  );
}

function requireText(name: string, text: unknown): void {
  const isText = typeof text === "string" && text.trim() !== "";
  if (isText && !UNWRITABLE.test(text) && Buffer.byteLength(text) <= TEXT_MOST) return;
  throw new MslError(
    "usage",
    `The ${name} of an investigation is ${JSON.stringify(text)?.slice(0, 80)}, expected a text without control characters of up to ${TEXT_MOST} bytes`,
  );
}
