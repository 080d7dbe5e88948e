/** Options, help, messages and exit statuses of the command, and its summary of several files. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MslError, type MslErrorCode } from "@memslice/msl";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { RangeProgress } from "../src/asking/range-progress.js";
import { ExitStatus, statusOfError } from "../src/exit-status.js";
import { Progress } from "../src/terminal/progress.js";
import { styleFor } from "../src/terminal/style.js";
import { capture, msl } from "./run-msl.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-command-line-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const INTACT = capture("ms-basic-plain");
const INCOMPLETE = capture("ms-noeoc");
const ALTERED = capture("x-flip-middle");
const ENCRYPTED = capture("ms-enc-weak-argon2");
const COMMANDS = ["info", "verify", "blocks", "dump", "search", "strings", "pointers", "transcode", "keygen"] as const;

describe("help", () => {
  it.each(COMMANDS)("help of %s separates the columns of its options", (command) => {
    const [, options = ""] = /Options:\n([\s\S]*?)\n\n/.exec(msl(["help", command], { env: { COLUMNS: "400" } }).stdout) ?? [];
    const lines = options.split("\n");
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) expect(line).toMatch(/^ {2}(-\w, )?--[\w-]+( [A-Z][\w,.=-]*)? {2,}\S/);
    expect(new Set(lines.map((line) => line.search(/(?<= {2})[^ -]/))).size).toBe(1);
  });

  it("help lists every exit status, as the documents do, and the order of statuses for several files", () => {
    const { stdout } = msl(["help"], { env: { COLUMNS: "400" } });
    const pages = ["../../../docs/command-line.md", "../README.md"].map((page) =>
      readFileSync(new URL(page, import.meta.url), "utf8"),
    );
    for (const status of Object.values(ExitStatus))
      for (const text of [stdout, ...pages]) expect(text).toMatch(new RegExp(`\\b${status}\\b`));
    expect(stdout).toMatch(/For several files, the status is the gravest one: 1, then 141, 3, 5, 2, 4, 0\./);
  });

  it("a call without a command prints help to standard error, and is wrong usage", () => {
    expect(msl([])).toEqual({ status: 2, stdout: "", stderr: msl(["help"]).stdout });
  });
});

describe("several files", () => {
  it.each([
    [["verify", INTACT, ALTERED, INCOMPLETE, INTACT], 1, "4 files: 2 intact, 1 altered or not authenticated, 1 incomplete"],
    [["verify", INCOMPLETE, "/no/such/file"], 2, "2 files: 1 incomplete, 1 not opened"],
    [["verify", "/no/such/file", INCOMPLETE], 2, "2 files: 1 not opened, 1 incomplete"],
    [["verify", capture("x-bad-magic"), "/no/such/file"], 3, "2 files: 1 not readable as MSL, 1 not opened"],
    [["blocks", INTACT, INCOMPLETE], 4, "2 files: 1 done, 1 incomplete"],
  ])("several files end with the gravest status and a summary of their outcomes: %j", (args, status, summary) => {
    const result = msl(args);
    expect([result.status, result.stderr.trim().split("\n").at(-1)]).toEqual([status, `msl: ${summary}`]);
    expect(msl([...args, "-q"]).stderr).not.toContain("files:");
    expect(msl([...args, "--ndjson"]).stderr).not.toContain("files:");
  });

  it("a single file has no summary", () => {
    expect(msl(["verify", INTACT]).stderr).toBe("");
  });
});

describe("the status of an error", () => {
  const STATUSES: Partial<Record<MslErrorCode, ExitStatus>> = {
    changed: ExitStatus.Incomplete,
    "authentication-failed": ExitStatus.Finding,
    "not-encrypted": ExitStatus.Finding,
    "missing-key": ExitStatus.Usage,
    "bad-key": ExitStatus.Usage,
    source: ExitStatus.Usage,
    sink: ExitStatus.Usage,
    "not-msl": ExitStatus.Unreadable,
    limit: ExitStatus.Unreadable,
    truncated: ExitStatus.Unreadable,
    aborted: ExitStatus.Interrupted,
  };
  it.each(Object.entries(STATUSES))("an error with the code %s has status %i", (code, status) => {
    expect(statusOfError(new MslError(code as MslErrorCode, ""))).toBe(status);
  });
});

describe("msl verify", () => {
  it("verify reports a zero anchor as a broken chain with --strict only", () => {
    const anchored = capture("md-live-modules");
    expect(msl(["verify", anchored]).status).toBe(4);
    expect(msl(["verify", "--strict", anchored])).toMatchObject({
      status: 1,
      stdout: expect.stringContaining("chain-broken+anchor-zero"),
    });
    expect(msl(["verify", "--strict", INTACT]).status).toBe(0);
  });

  it("verify counts blocks behind damage with --salvage, and gives the same verdict", () => {
    const bytes = readFileSync(INCOMPLETE);
    // Damages the magic of the third block.
    bytes[424] = 0;
    const path = join(scratch, "damaged.msl");
    writeFileSync(path, bytes);
    const [plain, salvaged] = [[], ["--salvage"]].map((options) => msl(["verify", "--json", path, ...options]));
    const { salvaged: found, elapsedMs: _, ...document } = JSON.parse(salvaged?.stdout ?? "");
    const { elapsedMs: __, ...expected } = JSON.parse(plain?.stdout ?? "");
    expect([salvaged?.status, document]).toEqual([plain?.status, expected]);
    expect(found).toEqual({ blocks: 3, firstOffset: 616 });
    expect(msl(["verify", "--salvage", path]).stdout).toMatch(/Behind damage: 3 blocks, from offset 616 on; .*not verified/);
    expect(msl(["verify", "--salvage", INTACT]).stdout).toContain("Behind damage: no further blocks");
  });
});

describe("messages", () => {
  it.each([
    [["info", "/no/such/file.msl"], "/no/such/file.msl"],
    [["verify", scratch], scratch],
    [["verify", "--key-file", "/no/such/key", ENCRYPTED], "/no/such/key"],
    [["transcode", INTACT, "/no/such/folder/out.msl"], "/no/such/folder/out.msl"],
    [["keygen", "--mechanism", "x25519", "--out", "/no/such/folder/pair"], "/no/such/folder/pair"],
  ])("a message names a path once, and the reason of the system: %j", (args, path) => {
    const { status, stderr } = msl(args);
    expect(status).toBe(2);
    expect(stderr.split(path)).toHaveLength(2);
    if (path.startsWith("/no")) expect(stderr).toContain("no such file or directory (ENOENT)");
  });

  it.each([
    ["ms-enc-weak-argon2", ["--passphrase-file", "MSL_PASSPHRASE"]],
    ["md-enc-aes-raw", ["--key-file"]],
    ["md-enc-x25519", ["--private-key-file"]],
  ])("the message about a missing key of %s names the options that give one, and no other", (name, options) => {
    const { status, stderr } = msl(["verify", capture(name)]);
    expect(status).toBe(2);
    for (const option of ["--passphrase-file", "--key-file", "--private-key-file", "MSL_PASSPHRASE"])
      expect([option, stderr.includes(option)]).toEqual([option, options.includes(option)]);
  });

  it("the message about an existing OUT names --force", () => {
    const out = join(scratch, "exists.msl");
    writeFileSync(out, "mine");
    expect(msl(["transcode", INTACT, out])).toMatchObject({
      status: 2,
      stderr: `msl: ${out} exists already; --force replaces it\n`,
    });
  });

  it("the message about a missing mechanism names all mechanisms", () => {
    expect(msl(["keygen", "--out", join(scratch, "pair")]).stderr).toMatch(
      /^msl: msl keygen needs --mechanism NAME, one of: x25519, /,
    );
  });
});

describe("msl info --json", () => {
  it("info prints every digit of times as JSON", () => {
    // The values recorded beside the capture; a double keeps at most 16 of these digits.
    const { process, acqEndNs } = JSON.parse(msl(["info", "--json", INTACT]).stdout);
    expect([process.startTimeNs, acqEndNs]).toEqual(["1709873902156968290", "1771062045489242872"]);
  });
});

describe("msl transcode", () => {
  it("transcode ends with the status of an altered capture if IN is altered and incomplete", () => {
    const bytes = readFileSync(INCOMPLETE);
    // Changes the path of the process, which the chain covers.
    const at = bytes.indexOf("/crash") + 1;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    const path = join(scratch, "altered-incomplete.msl");
    writeFileSync(path, bytes);
    const { status, stdout } = msl(["transcode", path, join(scratch, "altered-out.msl"), "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ complete: false, source: { integrity: { outcome: "altered" } } });
    expect(status).toBe(1);
  });
});

describe("output for terminals", () => {
  const terminal = (isTTY: boolean) => vi.spyOn(process.stderr, "isTTY", "get").mockReturnValue(isTTY);
  const known = { bytesDone: 1, bytesTotal: 2, bytesPerSecond: 1, msLeft: 1000 };
  Object.defineProperty(process.stderr, "isTTY", { configurable: true, get: () => false });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });

  it.each([
    ["a terminal", true, "xterm", false, true],
    ["a pipe", false, "xterm", false, false],
    ["a dumb terminal", true, "dumb", false, false],
    ["a terminal with --quiet", true, "xterm", true, false],
  ])("progress is shown on %s: %s", (_, isTTY, term, quiet, shown) => {
    terminal(isTTY);
    vi.stubEnv("TERM", term);
    const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const clock = vi.spyOn(performance, "now").mockReturnValue(0);
    const progress = new Progress("x", quiet);
    clock.mockReturnValue(1000);
    progress.update(known);
    progress.done();
    expect(written.mock.calls.length).toBe(shown ? 2 : 0);
  });

  it("progress that was erased is shown again by the next bytes, and erased once", () => {
    terminal(true);
    vi.stubEnv("TERM", "xterm");
    const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const clock = vi.spyOn(performance, "now").mockReturnValue(0);
    const progress = new Progress("x", false);
    for (const at of [1000, 2000]) {
      clock.mockReturnValue(at);
      progress.update(known);
      progress.done();
      progress.done();
    }
    expect(written.mock.calls.map(([text]) => String(text).length > 5)).toEqual([true, false, true, false]);
  });

  it("a question of several ranges is one line of progress, of the bytes of all of them", async () => {
    terminal(true);
    vi.stubEnv("TERM", "xterm");
    const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const clock = vi.spyOn(performance, "now").mockReturnValue(0);
    const progress = new RangeProgress("a.msl", false);
    const ranges = [
      { start: 0n, end: 4096n },
      { start: 8192n, end: 12288n },
    ];
    const extent = async () => ({ captured: 4096n, failed: 0n, unmapped: 0n, missing: 0n });
    await progress.begin({ extent }, ranges, new AbortController().signal);
    progress.rangeEnded(4096n);
    clock.mockReturnValue(2000);
    progress.option().onProgress?.({ ...known, bytesDone: 2048 });
    expect(String(written.mock.calls[0]?.[0])).toContain("a.msl: 6.00 KiB, 3.00 KiB/s, 75 %, 1 s left");
  });

  it("no progress is asked for where none is shown", () => {
    expect(new RangeProgress("a.msl", true).option()).toEqual({});
  });

  it("progress shows rate and time left for work that counts its bytes itself", () => {
    terminal(true);
    vi.stubEnv("TERM", "xterm");
    const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const clock = vi.spyOn(performance, "now").mockReturnValue(0);
    const progress = new Progress("dump", false);
    clock.mockReturnValue(2000);
    progress.reached(2 ** 20, 2 ** 22);
    expect(String(written.mock.calls[0]?.[0])).toContain("dump: 1.00 MiB, 512 KiB/s, 25 %, 6 s left");
  });

  it.each([
    ["dumb", "auto", false],
    ["xterm", "auto", true],
    ["dumb", "always", true],
  ] as const)("text is coloured with TERM=%s and --color %s: %s", (term, choice, colored) => {
    vi.stubEnv("TERM", term);
    vi.stubEnv("NO_COLOR", "");
    expect(styleFor({ isTTY: true }, choice)("red", "x") !== "x").toBe(colored);
  });
});
