import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { capture, MAIN, msl } from "./run-msl.js";

let scratch = "";
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "msl-cli-"));
});
afterAll(() => rm(scratch, { recursive: true }));

/** Writes a changed copy of a capture to a file, and returns its path. */
function altered(name: string, file: string, change: (bytes: Buffer) => Buffer | void): string {
  const bytes = readFileSync(capture(name));
  const path = join(scratch, file);
  writeFileSync(path, change(bytes) ?? bytes);
  return path;
}

describe("msl verify", () => {
  it.each([
    ["ms-basic-plain", 0, "intact"],
    ["ms-hash-sha512-256", 0, "intact"],
    ["x-flip-middle", 1, "altered"],
    ["x-rechained-nofilehash", 1, "altered"],
    ["ms-noeoc", 4, "incomplete"],
    ["md-live-modules", 4, "incomplete"],
    ["x-trunc-midstream", 4, "incomplete"],
  ])("verify of %s ends with status %i and the outcome %s", (name, status, outcome) => {
    const result = msl(["verify", capture(name), "--json"]);
    expect(result.status).toBe(status);
    expect(JSON.parse(result.stdout)).toMatchObject({ schema: "msl.verify/1", outcome });
    expect(result.stderr).toBe("");
  });

  it("verify says which block was altered, and its offset", () => {
    const { status, stdout } = msl(["verify", capture("x-flip-middle")]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/ALTERED/);
    expect(stdout).toMatch(/Block 6 at offset 17608: its PrevHash or block 5 \(bytes 1104-17607\) was altered/);
  });

  it("verify explains a broken chain by a version byte that was edited after the capture", () => {
    const path = altered("lm-modules-many", "edited.msl", (bytes) => {
      bytes[0x0b] = 1;
    });
    const { status, stdout } = msl(["verify", path]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/the chain and FileHash hold if the version byte at offset 0x0B is 00/);
  });

  it.each(["1", "2", "auto"])("verify prints the same report with --threads %s", (threads) => {
    for (const name of ["ms-basic-plain", "x-flip-middle"]) {
      const withTime = (args: readonly string[]) => {
        const { elapsedMs, threads: use, ...document } = JSON.parse(msl(["verify", "--json", ...args, capture(name)]).stdout);
        expect(elapsedMs).toBeGreaterThanOrEqual(0);
        expect(use.asked).toBe(args.length === 0 || threads === "auto" ? "auto" : Number(threads));
        return document;
      };
      expect(withTime(["--threads", threads])).toEqual(withTime([]));
    }
  });

  it("verify and transcode say with -v how many threads worked, and why no more", () => {
    const small = /1 thread worked\. The capture is so small/;
    expect(msl(["verify", "-v", capture("ms-basic-plain")]).stdout).toMatch(small);
    expect(msl(["verify", capture("ms-basic-plain")]).stdout).not.toContain("worked");
    expect(msl(["verify", "-v", "--threads", "1", capture("ms-basic-plain")]).stdout).toMatch(/ 1 thread worked$/m);
    const transcoded = msl(["transcode", "-v", "--threads", "3", capture("ms-basic-plain"), "-"]);
    expect(transcoded.stderr).toMatch(/1 thread worked of 3 asked for\. The capture is so small/);
  });

  it.each(["0", "65", "two", "1.5", "-1", ""])("verify refuses --threads %j", (threads) => {
    const { status, stderr } = msl(["verify", `--threads=${threads}`, capture("ms-basic-plain")]);
    expect(status).toBe(2);
    expect(stderr).toContain("--threads takes auto or a number from 1 to 64");
  });

  it("verify names the first bad block, and prints the time that it took", () => {
    expect(JSON.parse(msl(["verify", "--json", capture("x-flip-middle")]).stdout).integrity.firstBadBlock).toEqual({
      index: 5,
      offset: 1104,
      end: 17608,
    });
    expect(JSON.parse(msl(["verify", "--json", capture("ms-basic-plain")]).stdout).integrity.firstBadBlock).toBeNull();
    const { stdout } = msl(["verify", capture("x-flip-middle")]);
    expect(stdout).toMatch(/^ {2}If one alteration is all there is, it is in block 5, bytes 1104-17607$/m);
    expect(stdout).toMatch(/^ {2}[\d.]+ KiB in [\d.]+ s, [\d.]+ \w+\/s$/m);
  });

  it("verify reads standard input", () => {
    const input = readFileSync(capture("ms-basic-plain"));
    expect(msl(["verify", "-"], { input })).toMatchObject({ status: 0, stderr: "" });
    expect(msl(["verify", "-", "--json"], { input: input.subarray(0, 3000) }).status).toBe(4);
    expect(msl(["verify", "-"], { input: new Uint8Array(0) }).status).toBe(3);
  });

  it("verify continues after a file that it cannot read, and ends with the gravest status", () => {
    const path = altered("ms-noeoc", "text.msl", () => Buffer.from("this is no capture"));
    const { status, stdout } = msl(["verify", "--ndjson", path, capture("x-flip-middle"), capture("ms-noeoc")]);
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => line.error?.code ?? line.outcome)).toEqual(["not-msl", "altered", "incomplete"]);
    expect(status).toBe(1);
  });
});

describe("msl info", () => {
  it("info counts captured pages whose bytes are missing, in text and JSON, and ends with 4", () => {
    const { status, stdout } = msl(["info", capture("x-trunc-midstream")]);
    expect(status).toBe(4);
    expect(stdout).toContain("4 captured (4 of them lack bytes), 2 failed, 1 unmapped");
    expect(stdout).toContain("13504 of the 16384 bytes of captured pages are not in the capture");
    expect(stdout).toMatch(/Incomplete +region in block 5: BLK-TRUNCATED/);
    const json = msl(["info", "--json", capture("x-trunc-midstream")]);
    expect(json.status).toBe(4);
    expect(JSON.parse(json.stdout).regions).toMatchObject({
      captured: 4,
      missing: 4,
      neededBytes: "16384",
      heldBytes: "2880",
      incomplete: 1,
      problems: [{ block: 5, lint: "BLK-TRUNCATED" }],
    });
  });

  it("info ends with 4 for a capture without End-of-Capture", () => {
    expect(msl(["info", capture("ms-noeoc")]).status).toBe(4);
    expect(msl(["info", "--verify", capture("ms-noeoc")]).status).toBe(4);
    expect(msl(["info", capture("ms-basic-plain")]).status).toBe(0);
  });

  it("info shows process, system, memory, modules and, with --verify, the verdict", () => {
    const { status, stdout } = msl(["info", "--verify", capture("ms-basic-plain")]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/Process +pid 3354316 {2}\/usr\/lib\/größe\/libçrypto\.so\.3/);
    expect(stdout).toMatch(/System +Linux, x86_64/);
    expect(stdout).toMatch(/Modules +3\n/);
    expect(stdout).toMatch(/Regions +2 \(80\.0 KiB of address space\)/);
    expect(stdout).toMatch(/Pages +15 captured, 3 failed, 2 unmapped/);
    expect(stdout).toMatch(/Integrity +Intact/);
  });

  it("info names the writer of a capture, and refuses a draft with --strict", () => {
    expect(msl(["info", capture("lm-basic")]).stdout).toMatch(/Written by +MSL 0\.1 \(libmsl, memslicer 0\.1\)/);
    expect(msl(["info", "--strict", capture("lm-basic")])).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("HDR-VERSION-BYTES"),
    });
  });

  it("info names regions that cannot be read, with the reason", () => {
    const path = altered("ms-noeoc", "unaligned.msl", (bytes) => {
      bytes[816 + 80 + 8] = 1;
    });
    expect(msl(["info", path]).stdout).toMatch(
      /Unreadable +region in block 4: RegionSize 0x[0-9a-f]+ is not a multiple of PageSize/,
    );
  });
});

describe("msl blocks and msl dump", () => {
  it("blocks lists every block with its index, offset, length, type, compression and UUID", () => {
    const { stdout, stderr, status } = msl(["blocks", capture("ms-noeoc")]);
    expect(status).toBe(4);
    expect(stderr).toContain("no End-of-Capture");
    expect(stdout.trim().split("\n")).toHaveLength(7);
    expect(stdout).toMatch(/^ +1 +176 +248 +0x0010 ModuleListIndex +none +72048486-a6e9-48ed-86ef-a8750fa7a01f$/m);
  });

  it("blocks lists blocks behind damage with --salvage, and marks them", () => {
    const path = altered("ms-noeoc", "damaged.msl", (bytes) => {
      bytes[424] = 0;
    });
    expect(msl(["blocks", path]).stdout.trim().split("\n")).toHaveLength(3);
    const { stdout } = msl(["blocks", "--salvage", path]);
    expect(stdout.trim().split("\n")).toHaveLength(6);
    expect(stdout).toMatch(/^\? +2 +616 /m);
  });

  it("blocks and dump print one JSON document with --json, and one per line with --ndjson", () => {
    const document = JSON.parse(msl(["blocks", "--json", capture("ms-noeoc")]).stdout);
    const lines = msl(["blocks", "--ndjson", capture("ms-noeoc")])
      .stdout.trim()
      .split("\n");
    expect(document.blocks).toHaveLength(6);
    expect(lines.map((line) => JSON.parse(line).uuid)).toEqual(document.blocks.map((block: { uuid: string }) => block.uuid));
    const dump = JSON.parse(msl(["dump", "--json", "--digests", capture("ms-noeoc")]).stdout);
    expect(dump).toMatchObject({ schema: "msl.dump/1", header: { pid: 1710852 }, encryption: null });
    expect(dump.blocks[1].payload.entries[1].path).toBe("/opt/ライブラリ/メモリ.so");
    // 139638719803392 is recorded beside the capture.
    expect(dump.blocks[2].payload.baseAddr).toBe("0x7f002c4a7000");
  });
});

describe("text from a capture", () => {
  const escapes = (bytes: Buffer) => {
    // The path becomes ESC, a C1 control character and a right-to-left override.
    const at = bytes.indexOf("/crash");
    Buffer.from("\u001b\u009b\u202e").copy(bytes, at, 0, 6);
  };

  it("text from a capture never reaches the terminal as control characters", () => {
    const path = altered("ms-noeoc", "escape.msl", escapes);
    for (const command of ["info", "dump", "blocks", "verify"]) {
      const { stdout, stderr } = msl([command, path]);
      expect(`${stdout}${stderr}`.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
    expect(msl(["info", path]).stdout).toContain("\\u{1b}\\u{9b}\\u{202e}");
    expect(JSON.parse(msl(["dump", path]).stdout).blocks[0].payload.exePath).toBe("\u001b\u009b\u202e");
  });

  it("control characters of file names are escaped in messages", () => {
    const { stderr, status } = msl(["info", join(scratch, "no\u001b[31msuch.msl")]);
    expect(status).toBe(2);
    expect(stderr).toContain("no\\u{1b}[31msuch.msl");
  });
});

describe("a failure", () => {
  it.each([
    [["info"], "needs a file"],
    [["verify", "--json", "a", "b"], "--json prints one document"],
    [["frobnicate"], "There is no command"],
    [["info", "--frob", "x"], "Unknown option '--frob'"],
    [["info", "--color", "blue", "x"], "--color takes"],
    [["dump", "--json", "--ndjson", "x"], "exclude each other"],
  ])("wrong usage has exit status 2: %j", (args, message) => {
    const { status, stderr } = msl(args);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it("a failure is printed as a document with --json, and as a sentence", () => {
    const path = altered("ms-noeoc", "version.msl", (bytes) => {
      bytes[0x0b] = 9;
    });
    const { status, stdout, stderr } = msl(["verify", "--json", path]);
    expect(status).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ schema: "msl.verify/1", error: { code: "unsupported-version", offset: 10 } });
    expect(stderr).toMatch(
      /^msl: .*version\.msl: Version 9\.0 at offset 0x0A is not supported, expected 1\.x; there are blocks in the file: .*\n$/,
    );
  });

  it("a directory is refused as a file that cannot be opened", () => {
    expect(msl(["info", scratch])).toMatchObject({ status: 2, stderr: expect.stringContaining("it is not a regular file") });
  });
});

describe("help texts and colours", () => {
  it("help describes every command and option", () => {
    const { stdout, status } = msl(["help"]);
    expect(status).toBe(0);
    for (const command of ["info", "verify", "blocks", "dump", "keygen"]) {
      expect(stdout).toMatch(new RegExp(`^ {2}${command} +\\S`, "m"));
      expect(msl([command, "--help"]).stdout).toBe(msl(["help", command]).stdout);
    }
    expect(msl(["help", "verify"], { env: { COLUMNS: "400" } }).stdout).toMatch(/--ndjson +one JSON document per file and line/);
    expect(msl(["help", "limit"]).stderr).toBe('msl: There is no command "limit"; did you mean limits? See: msl help\n');
    expect(msl([])).toEqual({ status: 2, stdout: "", stderr: stdout });
    expect(msl(["--version"]).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(msl(["-V"])).toEqual(msl(["--version"]));
    // npm makes the script executable where it installs the package, but not where a checkout is linked.
    expect(execFileSync(MAIN, ["--version"], { encoding: "utf8" })).toBe(msl(["--version"]).stdout);
  });

  it("colours are used with --color always, and not otherwise without a terminal", () => {
    const path = capture("ms-noeoc");
    expect(msl(["info", path], { env: { FORCE_COLOR: "" } }).stdout).not.toContain("\u001b[");
    expect(msl(["info", "--color", "always", path], { env: { NO_COLOR: "1" } }).stdout).toContain("\u001b[1m");
    expect(msl(["info", "--color", "never", path]).stdout).not.toContain("\u001b[");
  });
});
