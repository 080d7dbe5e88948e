import { readFileSync } from "node:fs";
import { DEFAULT_LIMITS } from "@memslice/msl";
import { describe, expect, it } from "vitest";
import { capture, msl } from "./run-msl.js";

const INTACT = capture("ms-basic-plain");
const ENCRYPTED = capture("ms-enc-weak-argon2");
const OPENING = ["info", "verify", "blocks", "dump", "transcode"] as const;

interface ListedLimit {
  readonly name: string;
  readonly most: string;
  readonly default: string;
}

/** The limits that help lists. */
function limitsOfHelp(): ListedLimit[] {
  const [, listed = ""] = msl(["help", "limits"], { env: { COLUMNS: "400" } }).stdout.split("maximum number of:");
  const rows = [...listed.matchAll(/^ {2}([\w.]+) {2,}(\S.*) \(([^()]+)\)$/gm)];
  return rows.map(([, name = "", most = "", value = ""]) => ({ name, most, default: value }));
}

/** The limits that docs/command-line.md lists. */
function limitsOfDocs(): ListedLimit[] {
  const page = readFileSync(new URL("../../../docs/command-line.md", import.meta.url), "utf8");
  const [, section = ""] = page.split("\n## Limits\n");
  const [table = ""] = section.split("\n## ");
  const rows = [...table.matchAll(/^\| `([\w.]+)` \| (.+) \| (.+) \|$/gm)];
  return rows.map(([, name = "", most = "", value = ""]) => ({ name, most, default: value }));
}

describe("--limit", () => {
  const listed = limitsOfHelp();
  const names = listed.map(({ name }) => name);

  it("limits have the same meanings and defaults in docs/command-line.md as in help", () => {
    expect(limitsOfDocs()).toEqual(listed);
  });

  it("limits have the defaults that the library exports", () => {
    const { argon2Limits, ...others } = DEFAULT_LIMITS;
    const argon2 = Object.entries(argon2Limits).map(([name, value]) => [`argon2Limits.${name}`, value] as const);
    for (const [name, value] of [...Object.entries(others), ...argon2]) {
      const [text = ""] = listed.find((limit) => limit.name === name)?.default.split(",") ?? [];
      const [, digits, unit = ""] = /^(\d+)([KMG]iB)?$/.exec(text) ?? [];
      expect([name, Number(digits) * 1024 ** ["", "KiB", "MiB", "GiB"].indexOf(unit)]).toEqual([name, value]);
    }
  });

  it("--limit takes every name that help lists", () => {
    expect(names).toContain("payloadLimit");
    expect(names).toContain("argon2Limits.work");
    for (const name of names) expect(msl(["info", INTACT, "--limit", `${name}=1000000`]).status).toBe(0);
  });

  it.each([
    ["dump", "lm-zstd", "payloadLimit=1KiB"],
    ["dump", "lm-zstd", "wholeLimit=10"],
    ["dump", "ms-basic-plain", "entryLimit=1"],
    ["info", "lm-zstd", "payloadLimit=1KiB"],
  ])("the problem that `msl %s` of %s prints with --limit %s names the option", (command, name, limit) => {
    const { stdout } = msl([command, capture(name), "--limit", limit]);
    expect(stdout).toContain(`(--limit ${limit.split("=")[0]}=VALUE)`);
    expect(msl([command, capture(name)]).stdout).not.toContain("--limit");
  });

  it.each([
    [["verify", ENCRYPTED, "--limit", "argon2Limits.memoryKiB=8"], "argon2Limits.memoryKiB"],
    [["info", ENCRYPTED, "--limit", "argon2Limits.time=1", "--limit", "argon2Limits.work=1"], "argon2Limits"],
    [["verify", "-", "--limit", "encryptedStreamLimit=1KiB"], "encryptedStreamLimit"],
  ])("the error of msl %j names the option --limit", (args, name) => {
    const { status, stderr } = msl(args, { env: { MSL_PASSPHRASE: "weak" }, input: readFileSync(ENCRYPTED) });
    expect([status, stderr]).toEqual([3, expect.stringContaining(`--limit ${name}`)]);
    expect(stderr).toContain("=VALUE");
  });

  it.each(OPENING)("msl %s refuses unknown names of limits", (command) => {
    const { status, stderr } = msl([command, INTACT, "out.msl", "--limit", "pageLimit=1"]);
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining("--limit takes NAME=VALUE with one of the names payloadLimit, "),
    ]);
  });

  it.each([["hexdump", "stack"], ["read", "stack"], ["info"], ["verify"], ["lint"], ["blocks"], ["dump"], ["extract"]])(
    "msl %s, which has no rows to limit, refuses a number without a name",
    (command, ...words) => {
      const { status, stdout, stderr } = msl([command, INTACT, ...words, "--limit", "5"]);
      expect([status, stdout, stderr]).toEqual([
        2,
        "",
        `msl: --limit 5 is for commands that list findings or rows, --limit takes NAME=VALUE here; see: msl help ${command}\n`,
      ]);
    },
  );

  it.each([
    "payloadLimit",
    "payloadLimit=",
    "payloadLimit=-1",
    "payloadLimit=1MB",
    "payloadLimit=0",
    "payloadLimit=9999999999GiB",
    "entryLimit=1KiB",
    "stallTimeout=1KiB",
    "stallTimeout=2147483648",
    "=1",
  ])("--limit refuses %s", (limit) => {
    const { status, stderr } = msl(["info", INTACT, "--limit", limit]);
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/--limit (payloadLimit|entryLimit|stallTimeout) takes|--limit takes NAME=VALUE/),
    ]);
  });

  it.each([
    ["1024", "1024"],
    ["1KiB", "1024"],
    ["1MiB", "1048576"],
  ])("--limit reads %s as %s bytes", (text, bytes) => {
    const { stdout } = msl(["dump", capture("lm-zstd"), "--limit", `payloadLimit=${text}`]);
    if (bytes === "1024") expect(stdout).toContain("the limit of 1024 ");
    else expect(stdout).not.toContain("CMP-LIMIT");
  });
});
