/** Standard input, pipes and process substitution in place of files, and standard output as OUT. */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { capture, MAIN, msl, type Result } from "./run-msl.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-streams-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const PLAIN = capture("ms-basic-plain");
const ENCRYPTED = capture("ms-enc-weak-argon2");
const plainBytes = readFileSync(PLAIN);
const passphrase = join(scratch, "passphrase");
writeFileSync(passphrase, "weak\n");

/** Runs a command line in bash, where `msl` is the built command. */
function bash(line: string, env: Record<string, string> = {}): Result {
  const script = `set -o pipefail; msl() { '${process.execPath}' '${MAIN}' "$@"; }; ${line}`;
  const { status, stdout, stderr } = spawnSync("bash", ["-c", script], {
    encoding: "utf8",
    env: { ...process.env, ...env },
    maxBuffer: 2 ** 26,
  });
  return { status, stdout, stderr };
}

/** The status and the printed document of a command, without the properties that differ between runs: the name of the file, the threads and the time. */
function said(result: Result): unknown {
  const { file: _, elapsedMs: __, threads, ...document } = JSON.parse(result.stdout);
  return [result.status, document.schema === "msl.verify/1" ? document : { ...document, threads }];
}

describe.each([
  ["verify", []],
  ["verify", ["--strict"]],
  ["verify", ["--salvage"]],
  ["info", []],
  ["info", ["--verify"]],
  ["blocks", []],
  ["dump", ["--digests"]],
])("msl %s %j", (command, options) => {
  const expected = said(msl([command, "--json", ...options, PLAIN]));
  const words = [command, "--json", ...options].join(" ");

  it.each([
    ["`-`", `cat '${PLAIN}' | msl ${words} -`],
    ["`-` from a file", `msl ${words} - < '${PLAIN}'`],
    ["/dev/stdin, piped", `cat '${PLAIN}' | msl ${words} /dev/stdin`],
    ["process substitution", `msl ${words} <(cat '${PLAIN}')`],
    [
      "a named pipe",
      `mkfifo '${join(scratch, "pipe")}-'$$; cat '${PLAIN}' > '${join(scratch, "pipe")}-'$$ & msl ${words} '${join(scratch, "pipe")}-'$$`,
    ],
  ])("the output for %s is the same as for the file", (_, line) => {
    expect(said(bash(line))).toEqual(expected);
  });

  it("the output for a socket on standard input is the same as for the file", () => {
    expect(said(msl([command, "--json", ...options, "-"], { input: plainBytes }))).toEqual(expected);
    expect(said(msl([command, "--json", ...options, "/dev/stdin"], { input: plainBytes }))).toEqual(expected);
  });
});

describe("a stream that needs random access", () => {
  it("a stream for info is kept in a temporary file that is removed at the end, and a note says so", () => {
    const folder = mkdtempSync(join(scratch, "temporary-"));
    const { status, stderr } = bash(`cat '${PLAIN}' | msl info -`, { TMPDIR: folder });
    expect([status, stderr]).toEqual([
      0,
      "msl: -: the stream of 62.6 KiB is kept in a temporary file, which is removed at the end\n",
    ]);
    expect(readdirSync(folder)).toEqual([]);
    expect(bash(`cat '${PLAIN}' | msl info -q -`).stderr).toBe("");
  });

  it("a stream for info is refused above --limit spoolLimit", () => {
    const folder = mkdtempSync(join(scratch, "temporary-"));
    const { status, stderr } = bash(`cat '${PLAIN}' | msl info - --limit spoolLimit=10KiB`, { TMPDIR: folder });
    expect(status).toBe(3);
    expect(stderr).toMatch(/more than 10240 bytes, .*\(--limit spoolLimit=VALUE\)/);
    expect(readdirSync(folder)).toEqual([]);
    // The limit does not apply to a file.
    expect(msl(["info", PLAIN, "--limit", "spoolLimit=10KiB"]).status).toBe(0);
  });

  it("info of an encrypted stream shows the header, and everything with the passphrase", () => {
    expect(bash(`cat '${ENCRYPTED}' | msl info -`).stdout).toMatch(/Locked +no key was given/);
    expect(bash(`cat '${ENCRYPTED}' | msl info - --passphrase-file '${passphrase}'`).stdout).not.toContain("Locked");
  });

  it("a stream for info fails with the reason if no temporary file can be made", () => {
    const { status, stderr } = bash(`cat '${PLAIN}' | msl info -`, { TMPDIR: join(scratch, "nowhere") });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^msl: -: No temporary file can be made for the stream: no such file or directory \(ENOENT\)\n$/);
  });
});

describe("standard input", () => {
  it("standard input is refused as a second capture", () => {
    const { status, stderr } = bash(`cat '${PLAIN}' | msl verify - /dev/stdin`);
    expect(status).toBe(2);
    expect(stderr).toContain("Standard input is read as a capture, and cannot be read again as a capture");
  });

  it("standard input is read as a secret or as a capture, and refused as both", () => {
    expect(bash(`echo weak | msl verify --passphrase-file - '${ENCRYPTED}' '${ENCRYPTED}'`).status).toBe(0);
    expect(bash(`echo weak | msl verify --passphrase-file /dev/stdin '${ENCRYPTED}'`).status).toBe(0);
    for (const words of ["verify - --passphrase-file -", "info - --passphrase-file /dev/stdin"]) {
      const { status, stderr } = bash(`cat '${ENCRYPTED}' | msl ${words}`);
      expect(status).toBe(2);
      expect(stderr).toMatch(/Standard input is read as a (secret|capture), and cannot be read again as a (secret|capture)/);
    }
  });

  it("a secret from a pipe serves several files", () => {
    const pipe = bash(`msl verify --passphrase-file <(echo weak) '${ENCRYPTED}' '${ENCRYPTED}'`);
    expect([pipe.status, pipe.stdout.match(/: Intact/g)?.length]).toEqual([0, 2]);
  });
});

describe("msl transcode with streams", () => {
  const target = join(scratch, "file.msl");
  const direct = msl(["transcode", PLAIN, target]);
  const same = (bytes: Buffer) => expect(bytes.equals(readFileSync(target))).toBe(true);

  it.each([
    ["from `-` to `-`", (out: string) => `cat '${PLAIN}' | msl transcode - - > '${out}'`],
    ["from a file to `-`", (out: string) => `msl transcode '${PLAIN}' - | cat > '${out}'`],
    ["from process substitution to a file", (out: string) => `msl transcode <(cat '${PLAIN}') '${out}'`],
    [
      "from `-` to process substitution",
      (out: string) => `cat '${PLAIN}' | msl transcode - >(cat > '${out}'); s=$?; sleep 0.5; exit $s`,
    ],
    ["to /dev/stdout, piped", (out: string) => `msl transcode '${PLAIN}' /dev/stdout -q --json 2>&1 | head -c 64000 > '${out}'`],
  ])("transcode writes the same bytes %s", (name, line) => {
    const out = join(scratch, `${name.replaceAll(/\W/g, "-")}.msl`);
    const { status } = bash(line(out));
    if (name.includes("/dev/stdout")) return expect(readFileSync(out).subarray(0, 8).toString()).toBe("MEMSLICE");
    expect(status).toBe(direct.status);
    same(readFileSync(out));
  });

  it("transcode prints its report on standard error if standard output takes the capture", () => {
    const out = join(scratch, "reported.msl");
    const { stderr } = bash(`msl transcode '${PLAIN}' - --json > '${out}'`);
    expect(JSON.parse(stderr)).toMatchObject({ schema: "msl.transcode/1", file: PLAIN });
    expect(bash(`msl transcode '${PLAIN}' - > '${out}'`).stderr).toBe(direct.stdout.replaceAll(target, "-"));
  });

  it("transcode refuses to append its output to the file that it reads", () => {
    const copy = join(scratch, "copy.msl");
    copyFileSync(PLAIN, copy);
    expect(bash(`msl transcode '${copy}' - >> '${copy}'`)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("same file"),
    });
    expect(readFileSync(copy).equals(plainBytes)).toBe(true);
  });

  it.each([
    [0o600, "022", 0o600],
    [0o640, "022", 0o640],
    [0o444, "022", 0o644],
    [0o666, "027", 0o640],
  ])("transcode gives only users who can read IN access to OUT: mode %o with umask %s", (mode, umask, expected) => {
    const source = join(scratch, `mode-${mode}.msl`);
    copyFileSync(ENCRYPTED, source);
    chmodSync(source, mode);
    const out = join(scratch, `mode-${mode}-out.msl`);
    bash(`umask ${umask}; msl transcode '${source}' '${out}' --passphrase-file '${passphrase}'`);
    expect(statSync(out).mode & 0o777).toBe(expected);
    // A file that is replaced restricts the users, too.
    chmodSync(out, 0o600);
    bash(`umask ${umask}; msl transcode --force '${source}' '${out}' --passphrase-file '${passphrase}'`);
    expect(statSync(out).mode & 0o777).toBe(0o600);
  });

  it("transcode gives only the owner access to OUT if IN is a stream", () => {
    const out = join(scratch, "of-stream.msl");
    bash(`umask 022; cat '${PLAIN}' | msl transcode - '${out}'`);
    expect(statSync(out).mode & 0o777).toBe(0o600);
  });

  it("transcode names --force if OUT exists, before it reads a stream", () => {
    // The writer of the pipe never writes: if msl waited for it, `timeout` would end msl with status 124.
    const { status, stderr } = bash(`timeout 20 '${process.execPath}' '${MAIN}' transcode - '${target}' < <(exec sleep 30 2>&-)`);
    expect(status).toBe(2);
    expect(stderr).toContain(`${target} exists already; --force replaces it`);
  });
});
