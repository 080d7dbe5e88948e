/** Messages of the library in the words of the command line: options of `msl` in place of those of the library, each path once. */
import type { MslError } from "@memslice/msl";
import { withLimitOptions } from "./limit-option.js";
import { KEY_SOURCES } from "./secrets/key-options.js";

export function messageForUser(error: MslError): string {
  const told = withoutCall(error);
  // What is wrong with --limit itself is said in its own words.
  const message = error.code === "usage" ? told : withLimitOptions(told);
  return error.code === "missing-key" ? `${message}; give it with ${KEY_SOURCES}` : message;
}

/** Node names the call and its path behind the reason; who reads the message has read the path. */
function withoutCall({ message, cause }: MslError): string {
  const reason = cause instanceof Error ? cause.message : "";
  return reason !== "" && message.endsWith(reason) ? `${message.slice(0, -reason.length)}${systemReason(cause)}` : message;
}

/** The reason that the system gives for a failed call, without the call and its paths. */
export function systemReason(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  const [, code, reason] = /^([A-Z][A-Z0-9]+): (.*?), [a-z]+(?: '.*)?$/s.exec(message) ?? [];
  return code === undefined ? message : `${reason} (${code})`;
}
