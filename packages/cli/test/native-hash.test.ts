/** Which commands load @napi-rs/blake-hash, which is installed where these tests run. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { BytesSink, writeCapture } from "@memslice/msl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { msl } from "./run-msl.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-native-hash-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const source = join(scratch, "source.msl");
const target = join(scratch, "target.msl");
const loaded = join(scratch, "loaded");
const observer = join(scratch, "observer.mjs");

beforeAll(async () => {
  // Lists the native libraries of the process when it ends: the package is one of them if it was loaded.
  const list = `JSON.stringify(process.report.getReport().sharedObjects)`;
  writeFileSync(
    observer,
    `import { writeFileSync } from "node:fs"; process.on("exit", () => writeFileSync(${JSON.stringify(loaded)}, ${list}));`,
  );
  writeFileSync(source, await captureOf(5 * 2 ** 20));
});

/** A capture with one region, of as many bytes. */
async function captureOf(length: number): Promise<Uint8Array> {
  const sink = new BytesSink();
  await writeCapture(sink, {
    header: { osType: 0xffff, archType: 0xffff, pid: 0, imported: true },
    blocks: [
      { payload: { kind: "ImportProvenance", sourceFormat: 1, toolName: "test", importTimeNs: 0n, origFileSize: 0n } },
      {
        payload: {
          kind: "MemoryRegion",
          baseAddr: 0x10000n,
          regionSize: BigInt(length),
          protection: 1,
          regionType: 0,
          pageSizeLog2: 12,
          timestampNs: 0n,
          pageData: new Uint8Array(length),
        },
      },
    ],
  });
  return sink.bytes();
}

/** Whether a command, which ends with status 0, loads the package. */
function loadsPackage(args: readonly string[]): boolean {
  const { status, stderr } = msl(args, { env: { NODE_OPTIONS: `--import=${pathToFileURL(observer)}` } });
  expect([status, stderr]).toEqual([0, ""]);
  return readFileSync(loaded, "utf8").includes("blake-hash");
}

describe.each([
  ["verify", [source]],
  ["transcode", [source, target, "--force"]],
])("msl %s", (command, operands) => {
  it("an installed native package hashes a capture of 5 MiB", () => {
    expect(loadsPackage([command, ...operands, "--threads", "1"])).toBe(true);
  });

  it("the native package is not loaded with --no-native-hash", () => {
    expect(loadsPackage([command, ...operands, "--threads", "1", "--no-native-hash"])).toBe(false);
  });
});
