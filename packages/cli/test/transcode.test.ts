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
  ])("%s becomes intact: exit status %i", (name, status) => {
    const target = out(`${name}.msl`);
    const result = msl(["transcode", capture(name), target, "--json"]);
    expect([result.status, result.stderr]).toEqual([status, ""]);
    const report = JSON.parse(result.stdout);
    expect(report).toMatchObject({ schema: "msl.transcode/1", complete: status === 0 || name === "x-flip-middle" });
    expect(report.output.size).toBe(readFileSync(target).length);
    expect(msl(["verify", target]).status).toBe(0);
    expect(msl(["info", "--strict", target]).status).toBe(0);
  });

  it("says in words what is different and what is not there", () => {
    const { stdout } = msl(["transcode", capture("ms-investigation-full"), out("words.msl")]);
    expect(stdout).toMatch(/memslicer 0\.2\.4 or later/);
    expect(stdout).toMatch(/SYS-LAYOUT-B/);
    expect(stdout).toMatch(/block \d+ PersistenceManifest at \d+, \d+ bytes: .*EXT-MEMSLICER/);
    expect(stdout).toMatch(/Not everything that was captured is there/);
  });

  it("takes compression, hash, redaction and selection", () => {
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

  it.each(["1", "2", "auto"])("writes the same with --threads %s", (threads) => {
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

  it("refuses --threads 0", () => {
    const { status, stderr } = msl(["transcode", capture("lm-zstd"), out("none.msl"), "--threads", "0"]);
    expect(status).toBe(2);
    expect(stderr).toContain("--threads takes auto or a number from 1 to 64");
  });

  it("carries over as bytes what no producer may write", () => {
    const target = out("raw.msl");
    const { status, stdout } = msl(["transcode", capture("ms-investigation-full"), target, "--keep-non-conforming", "--json"]);
    expect([status, JSON.parse(stdout).output.conforming]).toEqual([0, false]);
    expect(msl(["blocks", target]).stdout).toContain("PersistenceManifest");
  });

  it("replaces no file unless told so, and never its own source", () => {
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

  it("leaves nothing behind of what fails, and what was there before", () => {
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
  ])("%j is wrong usage", (options, named) => {
    const target = out("usage.msl");
    const result = msl(["transcode", capture("ms-basic-plain"), target, ...options]);
    expect(result.status).toBe(2);
    expect(result.stderr).toContain(named);
    expect(existsSync(target)).toBe(false);
  });
});
