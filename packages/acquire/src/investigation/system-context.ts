/** The host and the acquisition: the fields of System Context. */
import { readlinkSync } from "node:fs";
import type { SystemContextInput } from "@memslice/msl";
import { textOf } from "../identity/process-identity.js";
import { decoded, procTextIfAny } from "../proc/proc-file.js";
import { bootTimeNs } from "../proc/process-stat.js";
import type { InvestigationOptions } from "./investigation-options.js";

const ZONES = "/zoneinfo/";
/** The kernel says this where no NIS domain is set. */
const NO_DOMAIN = "(none)";

/** The name that the host has for itself. */
export function kernelHostname(): string {
  return setting("hostname");
}

export function systemContextOf({
  operator,
  hostname,
  domain,
  caseRef,
  targetCount = 1,
}: InvestigationOptions): SystemContextInput {
  const own = setting("domainname");
  return {
    ...{ bootTimeNs: bootTimeNs(), targetCount, acqUser: operator, hostname, caseRef: caseRef ?? "" },
    ...{ domain: domain ?? (own === NO_DOMAIN ? "" : own), osDetail: textOf(systemText()) },
  };
}

/** Distribution, kernel and host in words: parts that the system does not tell are left out. */
function systemText(): string {
  const parts = [
    ["", distribution()],
    ["kernel ", [setting("ostype"), setting("osrelease"), setting("version")].filter((part) => part !== "").join(" ")],
    ["machine ", setting("arch") || process.arch],
    ["node name ", kernelHostname()],
    ["time zone ", timeZone()],
    ["boot id ", setting("random/boot_id")],
    ["machine id ", firstLine("/etc/machine-id")],
  ] as const;
  return parts.flatMap(([name, value]) => (value === "" ? [] : [`${name}${value}`])).join("; ");
}

function setting(name: string): string {
  return firstLine(`/proc/sys/kernel/${name}`);
}

function firstLine(path: string): string {
  return decoded(procTextIfAny(path) ?? "").split("\n")[0] ?? "";
}

/** PRETTY_NAME of os-release (man 5 os-release), without its quotes. */
function distribution(): string {
  const text = procTextIfAny("/etc/os-release") ?? procTextIfAny("/usr/lib/os-release") ?? "";
  const [, name = ""] = /^PRETTY_NAME=(.*)$/m.exec(decoded(text)) ?? [];
  return name.replace(/^(["'])(.*)\1$/, "$2");
}

/** The zone that /etc/localtime links to, or /etc/timezone names. */
function timeZone(): string {
  try {
    const link = readlinkSync("/etc/localtime");
    const at = link.indexOf(ZONES);
    if (at >= 0) return link.slice(at + ZONES.length);
  } catch {
    // A file of its own, or none.
  }
  return firstLine("/etc/timezone");
}
