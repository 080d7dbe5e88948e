import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { safeJson, safeText } from "../src/terminal/safe-text.js";
import { capture, msl } from "./run-msl.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-hostile-names-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const INTACT = capture("ms-basic-plain");
const ENCRYPTED = capture("ms-enc-weak-argon2");

/** ESC, a C1 control character, a right-to-left override, line and paragraph separators. */
const HOSTILE = "\u001b[31m\u009b\u202e\u2028\u2029";
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

describe("a name with terminal escapes", () => {
  const raw = (result: { readonly stdout: string; readonly stderr: string }) =>
    `${result.stdout}${result.stderr}`.replaceAll("\n", "");

  it.each([
    ["ms-basic-plain", ["info"]],
    ["ms-basic-plain", ["verify"]],
    ["ms-basic-plain", ["blocks"]],
    ["ms-basic-plain", ["blocks", "--json"]],
    ["ms-basic-plain", ["blocks", "--ndjson"]],
    ["ms-basic-plain", ["dump"]],
    ["ms-enc-weak-argon2", ["info"]],
    ["ms-enc-weak-argon2", ["info", "--json"]],
    ["ms-enc-weak-argon2", ["verify"]],
    ["ms-enc-weak-argon2", ["verify", "--json"]],
    ["ms-basic-plain", ["entropy"]],
    ["ms-basic-plain", ["keys"]],
    ["x-bad-magic", ["info"]],
    ["x-bad-magic", ["verify", "--json"]],
  ])("a file name with terminal escapes is printed escaped for a copy of %s by msl %j", (name, command) => {
    const path = join(scratch, `${name}${HOSTILE}.msl`);
    copyFileSync(capture(name), path);
    const result = msl([...command, path]);
    expect(raw(result)).not.toMatch(UNSAFE);
    // `blocks` prints names of files only if there are several files.
    const named = command.length === 1 ? msl([...command, path, path]) : result;
    expect(raw(named)).toMatch(/\\u\{202e\}|\\u202e/);
    if (command.includes("--json")) expect(JSON.parse(result.stdout).file).toBe(path);
  });

  it.each([
    [[`verify${HOSTILE}`]],
    [["help", HOSTILE]],
    [["verify", `--${HOSTILE}`]],
    [["verify", `/no/such${HOSTILE}`]],
    [["verify", "--threads", HOSTILE, INTACT]],
    [["info", "--limit", HOSTILE, INTACT]],
    [["verify", "--key-file", `/no/such${HOSTILE}`, ENCRYPTED]],
    [["transcode", INTACT, `/no/such${HOSTILE}/x`]],
    [["transcode", INTACT, "x", "--range", HOSTILE]],
    [["search", INTACT, "--text", "x", "--range", HOSTILE]],
    [["search", INTACT, "--hex", HOSTILE]],
    [["search", INTACT, "--patterns-file", `/no/such${HOSTILE}`]],
    [["strings", INTACT, "--encoding", HOSTILE]],
    [["entropy", INTACT, "--window", HOSTILE]],
    [["keys", INTACT, "--find", "--kind", HOSTILE]],
    [["keys", INTACT, "--sort", HOSTILE]],
    [["compare", INTACT, INTACT, "--align", HOSTILE]],
    [["compare", INTACT, `/no/such${HOSTILE}`]],
    [["compare", INTACT, INTACT, "--b-key-file", `/no/such${HOSTILE}`]],
    [["hexdump", INTACT, HOSTILE]],
    [["read", INTACT, "0", "1", "-o", `/no/such${HOSTILE}/x`, "--fill", "0"]],
    [["keygen", "--mechanism", "x25519", "--out", `/no/such${HOSTILE}/x`]],
  ])("an argument with terminal escapes is printed escaped in the error of msl %j", (args) => {
    const result = msl(args);
    expect(result.status).toBe(2);
    expect(raw(result)).not.toMatch(UNSAFE);
  });

  it("safeText and safeJson show the code of each unsafe character, also of line and paragraph separators", () => {
    expect(safeText(HOSTILE)).toBe("\\u{1b}[31m\\u{9b}\\u{202e}\\u{2028}\\u{2029}");
    expect(safeJson([HOSTILE])).toBe('["\\u001b[31m\\u009b\\u202e\\u2028\\u2029"]');
  });
});
