/** The options of `msl capture` for an investigation: who acquires, on which host, and the encryption without which no tables of a host are written. */
import type { InvestigationOptions } from "@memslice/acquire";
import { MslError } from "@memslice/msl";
import type { OptionSpec, Options } from "../options.js";
import type { SecretRequest } from "../secrets/key-options.js";
import { ENCRYPT_OPTIONS } from "../secrets/output-secret.js";
import { canPrompt } from "../secrets/prompt.js";

const ABOUT_HOST = ["operator", "host", "domain", "case", "no-encrypt"] as const;

export const INVESTIGATION_OPTIONS: Readonly<Record<(typeof ABOUT_HOST)[number] | "investigation", OptionSpec>> = {
  investigation: {
    type: "boolean",
    help: "describe the host too: system, processes, connections, handles, network; OUT is encrypted",
  },
  operator: { type: "string", value: "NAME", help: "who captures; an investigation needs it" },
  host: { type: "string", value: "NAME", help: "the name of the host; an investigation needs it" },
  domain: { type: "string", value: "NAME", help: "the domain of the host (default: the one that the kernel knows, if any)" },
  case: { type: "string", value: "REF", help: "the reference of the case" },
  "no-encrypt": { type: "boolean", help: "do not encrypt the investigation" },
};

/** Undefined without --investigation. Throws `usage` for an investigation that does not name operator and host, and for its options without it. */
export function investigationOptions(options: Options): InvestigationOptions | undefined {
  if (options["investigation"] !== true) {
    const given = ABOUT_HOST.find((name) => options[name] !== undefined);
    if (given === undefined) return undefined;
    throw new MslError("usage", `--${given} is for an investigation: give --investigation too`);
  }
  const { operator, host, domain } = options;
  const missing = [operator === undefined && "--operator NAME", host === undefined && "--host NAME"].filter(Boolean);
  if (missing.length > 0)
    throw new MslError("usage", `An investigation says who captures, and on which host: give ${missing.join(" and ")}`);
  return {
    ...{ operator: String(operator), hostname: String(host) },
    ...(domain !== undefined && { domain: String(domain) }),
    ...(options["case"] !== undefined && { caseRef: String(options["case"]) }),
  };
}

/**
 * The request for the secret of OUT: an investigation asks for one like --encrypt. Throws `usage` if nobody can be asked, and for --no-encrypt beside options
 * that encrypt.
 */
export function secretRequest<R extends SecretRequest>(request: R): R {
  const { options } = request;
  const asked = Object.keys(ENCRYPT_OPTIONS).find((name) => options[name] !== undefined);
  if (options["no-encrypt"] === true) {
    if (asked === undefined) return request;
    throw new MslError("usage", `--no-encrypt and --${asked} exclude each other`);
  }
  if (options["investigation"] !== true) return request;
  if ((asked === undefined || asked === "cipher") && !canPrompt()) {
    const ways = "--encrypt-to FILE, --out-passphrase-file FILE or --out-key-file FILE";
    throw new MslError("usage", `An investigation is encrypted: give ${ways}, or --no-encrypt`);
  }
  return { ...request, options: { ...options, encrypt: true } };
}
