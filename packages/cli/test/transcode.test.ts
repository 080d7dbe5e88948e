import { copyFileSync, existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { capture, msl } from "./run-msl.js";

let scratch = "";
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "msl-transcode-"));
});
afterAll(() => rm(scratch, { recursive: true }));
const out = (name: string) => join(scratch, name);

describe("msl transcode", () => {
  it.each([
    ["md-live-modules", 0],
    ["lm-zstd", 0],
    ["ms-investigation-full", 4],
    ["ms-noeoc", 4],
    ["x-flip-middle", 1],
  ])("transcode writes an intact capture from %s that strict readers accept, and ends with status %i", (name, status) => {
    const target = out(`${name}.msl`);
    const result = msl(["transcode", capture(name), target, "--json"]);
    expect([result.status, result.stderr]).toEqual([status, ""]);
    const report = JSON.parse(result.stdout);
    expect(report).toMatchObject({ schema: "msl.transcode/1", complete: status === 0 || name === "x-flip-middle" });
    expect(report.output.size).toBe(readFileSync(target).length);
    expect(report.threads).toMatchObject({ used: 1, asked: "auto" });
    expect(msl(["verify", target]).status).toBe(0);
    expect(msl(["info", "--strict", target]).status).toBe(0);
  });

  it("transcode prints a report that names the differences and everything that the output lacks", () => {
    const { stdout } = msl(["transcode", capture("ms-investigation-full"), out("words.msl")]);
    expect(stdout).toMatch(/memslicer 0\.2\.4 or later/);
    expect(stdout).toMatch(/SYS-LAYOUT-B/);
    expect(stdout).toMatch(/block \d+ PersistenceManifest at \d+, \d+ bytes: .*EXT-MEMSLICER/);
    expect(stdout).toMatch(/The output lacks something that was captured/);
  });

  it.each([
    [
      "md-noeoc",
      "The output has everything that the source has, but the source may lack something that was captured: it has no end",
    ],
    ["md-related-dumps", "The output lacks something that was captured; see above"],
    ["x-trunc-midstream", "The output lacks something that was captured; see above"],
  ])("the report of repair does not contradict itself: %s", (name, sentence) => {
    const { status, stdout } = msl(["repair", capture(name), "-o", out(`${name}-repaired.msl`)]);
    expect(status).toBe(4);
    expect(stdout).toContain(sentence);
    expect(stdout).toContain("The header's flag Imported is set, and was clear");
    // The note is written before the fields of blocks are read: it vouches for blocks and memory alone.
    expect(stdout.replace(/\s+/g, " ")).toContain("what fields of blocks lost is only in the report of the repair");
    expect(stdout).not.toMatch(/nothing of the source|behind the first 0/);
  });

  it("transcode compresses, hashes, redacts and selects as its options say", () => {
    const target = out("options.msl");
    const options = [
      "--compression",
      "zstd",
      "--hash",
      "sha256",
      "--redact",
      "exePath,ProcessIdentity.cmdLine",
      "--region-type",
      "stack,0x05",
      "--range",
      "0-0xffffffffffffffff",
    ];
    expect(msl(["transcode", capture("ms-basic-plain"), target, ...options]).stderr).toBe("");
    const document = JSON.parse(msl(["dump", target]).stdout);
    expect(document.header).toMatchObject({ hashAlgo: 1, flags: 8 });
    const regions = document.blocks.filter(({ type }: { type: number }) => type === 1);
    expect(regions.length).toBeGreaterThan(0);
    for (const region of regions) {
      expect(region.compression).toBe("zstd");
      expect([2, 5]).toContain(region.payload.regionType);
    }
    expect(document.blocks[0].payload).toMatchObject({ exePath: "", cmdLine: "" });
  });

  it.each(["1", "2", "auto"])("transcode writes the same bytes with --threads %s", (threads) => {
    const options = ["--compression", "zstd", "--force"];
    msl(["transcode", capture("ms-basic-plain"), out("threads-none.msl"), ...options]);
    const { status, stderr } = msl([
      "transcode",
      capture("ms-basic-plain"),
      out("threads.msl"),
      ...options,
      "--threads",
      threads,
    ]);
    expect([status, stderr]).toEqual([4, ""]);
    expect(readFileSync(out("threads.msl"))).toEqual(readFileSync(out("threads-none.msl")));
  });

  it("transcode refuses --threads 0", () => {
    const { status, stderr } = msl(["transcode", capture("lm-zstd"), out("none.msl"), "--threads", "0"]);
    expect(status).toBe(2);
    expect(stderr).toContain("--threads takes auto or a number from 1 to 64");
  });

  it("transcode --keep-non-conforming carries blocks over as bytes that a producer must not write", () => {
    const target = out("raw.msl");
    const { status, stdout } = msl(["transcode", capture("ms-investigation-full"), target, "--keep-non-conforming", "--json"]);
    expect([status, JSON.parse(stdout).output.conforming]).toEqual([0, false]);
    expect(msl(["blocks", target]).stdout).toContain("PersistenceManifest");
  });

  it("transcode replaces a file with --force only, and never its own source", () => {
    const target = out("there.msl");
    writeFileSync(target, "mine");
    const refused = msl(["transcode", capture("ms-basic-plain"), target]);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain("exist");
    expect(readFileSync(target, "utf8")).toBe("mine");
    expect(msl(["transcode", capture("ms-basic-plain"), target, "--force"]).stderr).toBe("");
    expect(msl(["verify", target]).status).toBe(0);
    const source = out("source.msl");
    const link = out("link.msl");
    copyFileSync(capture("ms-basic-plain"), source);
    symlinkSync(source, link);
    for (const same of [source, link]) expect(msl(["transcode", source, same, "--force"]).stderr).toContain("same file");
    expect(readFileSync(source)).toEqual(readFileSync(capture("ms-basic-plain")));
  });

  it("a failed transcode leaves no file, and keeps a file that existed before", () => {
    const target = out("failed.msl");
    expect(msl(["transcode", capture("x-bad-magic"), target]).status).toBe(3);
    expect(existsSync(target)).toBe(false);
    writeFileSync(target, "mine");
    expect(msl(["transcode", capture("x-bad-magic"), target, "--force"]).status).toBe(3);
    expect(readFileSync(target, "utf8")).toBe("mine");
  });

  it.each([
    [["--compression", "gzip"], "keep, none"],
    [["--hash", "md5"], "blake3"],
    [["--redact", "pid"], "acqUser"],
    [["--range", "1"], "A-B"],
    [["--range", "2-1"], "no address"],
    [["--region-type", "pile"], "heap"],
  ])("transcode refuses %j as wrong usage, and writes nothing", (options, named) => {
    const target = out("usage.msl");
    const result = msl(["transcode", capture("ms-basic-plain"), target, ...options]);
    expect(result.status).toBe(2);
    expect(result.stderr).toContain(named);
    expect(existsSync(target)).toBe(false);
  });
});

describe("msl transcode with encryption", () => {
  const key = () => out("out.key");
  const plain = capture("md-live-modules");

  it("transcode encrypts under a raw key, a passphrase or a public key, and msl opens the output with the secret", () => {
    writeFileSync(key(), "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20\n");
    writeFileSync(out("word"), "größer\n");
    expect(msl(["keygen", "--mechanism", "x25519-ml-kem-768", "--out", out("ann")]).status).toBe(0);
    const ways = [
      [
        ["--out-key-file", key(), "--cipher", "xchacha20-poly1305"],
        ["--key-file", key()],
      ],
      [
        ["--encrypt", "--out-passphrase-file", out("word")],
        ["--passphrase-file", out("word")],
      ],
      [
        ["--encrypt-to", out("ann.pub")],
        ["--private-key-file", out("ann.key")],
      ],
    ] as const;
    for (const [position, [encrypting, opening]] of ways.entries()) {
      const target = out(`sealed-${position}.msl`);
      const { status, stdout, stderr } = msl(["transcode", plain, target, ...encrypting]);
      expect([status, stderr]).toEqual([0, ""]);
      expect(stdout).toContain("The header's flag Encrypted is set, and was clear");
      expect(readFileSync(target).indexOf("MSLC", 64)).toBe(-1);
      expect(msl(["verify", target, ...opening]).status).toBe(0);
      expect(msl(["verify", target], { env: { MSL_PASSPHRASE: "" } }).status).not.toBe(0);
      const again = out(`again-${position}.msl`);
      expect(msl(["transcode", target, again, ...opening, "--encrypt-to", out("ann.pub")]).status).toBe(0);
      expect(msl(["verify", again, "--private-key-file", out("ann.key")]).status).toBe(0);
    }
  }, 60_000);

  it.each([
    [["--encrypt"], /--encrypt asks at a terminal, and there is none: give one of --encrypt-to/],
    [["--cipher", "aes-256-gcm"], /--cipher is for an encrypted OUT/],
    [["--out-key-file", "a", "--out-passphrase-file", "b"], /exclude each other/],
    [["--encrypt", "--cipher", "rot13", "--out-key-file", "a"], /--cipher takes aes-256-gcm/],
  ])("transcode refuses the encryption options %s, and writes nothing", (options, message) => {
    const target = out("never.msl");
    const { status, stderr } = msl(["transcode", plain, target, ...options]);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
    expect(existsSync(target)).toBe(false);
  });
});

describe("msl transcode with a selection of kinds", () => {
  it("transcode carries over the kinds of --only, leaves out the kinds of --without, and refuses unknown kinds", () => {
    const target = out("kinds.msl");
    const { status, stdout } = msl(["transcode", capture("ms-basic-plain"), target, "--only", "ModuleEntry"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/2 MemoryRegion not selected/);
    expect(JSON.parse(msl(["info", "--json", target]).stdout)).toBeDefined();
    const without = out("without.msl");
    expect(msl(["transcode", capture("ms-basic-plain"), without, "--without", "MemoryRegion,0x0056"]).status).toBe(0);
    expect(msl(["blocks", without]).stdout).not.toContain("MemoryRegion");
    const refused = msl(["transcode", capture("ms-basic-plain"), out("no.msl"), "--only", "Memory"]);
    expect([refused.status, existsSync(out("no.msl"))]).toEqual([2, false]);
    expect(refused.stderr).toContain("MemoryRegion");
  });
});

describe("msl transcode --for", () => {
  it("transcode --for writes a capture that the program can read, and reports the losses", () => {
    const target = out("memdiver.msl");
    const { status, stdout } = msl(["transcode", capture("md-zstd"), target, "--for", "memdiver"]);
    expect([status, stdout.includes("MemDiver reports the chain of every conforming capture as broken")]).toEqual([0, true]);
    expect(msl(["blocks", target]).stdout).not.toContain("zstd");
  });

  it.each([
    ["libmsl", /libmsl reads no conforming capture/],
    ["volatility", /--for takes memslicer, memdiver, libmsl/],
  ])("transcode --for refuses %s, and writes nothing", (program, message) => {
    const target = out("refused.msl");
    const { status, stderr } = msl(["transcode", capture("lm-basic"), target, "--for", program]);
    expect([status, existsSync(target)]).toEqual([2, false]);
    expect(stderr).toMatch(message);
  });
});

it("transcode writes no output above --limit outputLimit=BYTES", () => {
  const target = out("limited.msl");
  const { status, stderr } = msl(["transcode", capture("ms-basic-plain"), target, "--limit", "outputLimit=1KiB"]);
  expect(stderr).toMatch(/above the limit of 1024/);
  expect([status === 0, existsSync(target)]).toEqual([false, false]);
});
