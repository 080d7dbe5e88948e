import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FIXTURES } from "../src/captures/fixtures.js";
import { NAMES } from "../src/corpus/corpus.js";
import type { CaptureFinding } from "../src/measurements/harness/findings.js";
import { findingLines } from "../src/measurements/harness/text.js";
import { examineAll, inOwnCorpus } from "../src/measurements/scenarios/samples.js";
import { examine } from "../src/samples/examine.js";
import { findCaptures } from "../src/samples/find-captures.js";
import { recordedFor } from "../src/samples/recorded-file.js";

const BUILT = new URL("../dist/samples/examine-captures.js", import.meta.url).pathname;
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "memslice-samples-"));
});
afterAll(() => rm(folder));

function rm(path: string): void {
  rmSync(path, { recursive: true });
}

/** The recorded values that these tests change. */
interface Recorded {
  readonly features: readonly string[];
  readonly secrets: object | null;
  readonly header: object;
  readonly blocks: readonly Readonly<Record<string, unknown>>[];
  readonly integrity: object;
}

/** Makes a folder with a copy of a fixture and its recorded values, which `change` may alter. */
function copied(name: string, change: (json: Recorded) => unknown = (json) => json): string {
  const place = mkdtempSync(join(folder, "copy-"));
  copyFileSync(join(FIXTURES, `${name}.msl`), join(place, "capture.msl"));
  const json = JSON.parse(readFileSync(join(FIXTURES, `${name}.json`), "utf8"));
  writeFileSync(join(place, "capture.json"), JSON.stringify(change(json)));
  return place;
}

const examined = (place: string) => examine(place, "capture.msl", true);

describe("examine", () => {
  it("examine measures a capture that is read as recorded, and reports no fault", async () => {
    const finding = await examined(copied("ms-basic-plain"));
    expect(finding).toMatchObject({ outcome: "read", faults: [], recorded: true, bytes: 64112 });
    expect(finding.measured).toMatchObject({ blocks: 11, verdict: "chain-ok+filehash-ok", dialect: "memslicer-0.2" });
    expect(finding.measured?.pages).toEqual({ captured: 15, failed: 3, unmapped: 2 });
    expect(finding.measured?.openSeconds.median).toBeGreaterThan(0);
    expect(finding.measured?.obviousReader?.median).toBeGreaterThan(0);
    expect(findingLines(finding).join()).toMatch(/capture\.msl +64112 B +11 blocks {2}memslicer-0\.2 +chain-ok\+filehash-ok/);
  });

  const changes: [string, (json: Recorded) => unknown, RegExp][] = [
    ["the header", (json) => ({ ...json, header: { ...json.header, pid: 1 } }), /^header\.pid is 3354316, recorded is 1$/],
    ["the number of blocks", (json) => ({ ...json, blocks: json.blocks.slice(1) }), /there are 11 blocks, recorded are 10/],
    [
      "a digest",
      (json) => ({ ...json, blocks: replaced(json.blocks, 3, { ...json.blocks[3], payloadBlake3: "00" }) }),
      /^blocks\[3\]\.payloadBlake3 is "[0-9a-f]{64}", recorded is "00"$/,
    ],
    ["the verdict", (json) => ({ ...json, integrity: { ...json.integrity, verdict: "chain-broken" } }), /^verdict is/],
    ["whether a block can be decoded", (json) => invalid(json), /^blocks\[2\] has no problem/],
    ["that it is to be refused", (json) => ({ ...json, features: ["reject"] }), /is read, recorded is that it must be refused/],
  ];
  it.each(changes)("examine reports a fault if %s is not as recorded", async (_, change, fault) => {
    const finding = await examined(copied("ms-basic-plain", change));
    expect(finding.outcome).toBe("wrong");
    expect(finding.faults[0]).toMatch(fault);
    expect(findingLines(finding).join("\n")).toContain(`WRONG: ${finding.faults[0]}`);
  });

  function invalid(json: Recorded): unknown {
    const { payload: _, ...block } = json.blocks[2] ?? {};
    return { ...json, blocks: replaced(json.blocks, 2, { ...block, invalidPayload: true }) };
  }

  function replaced<T>(list: readonly T[], index: number, value: T): T[] {
    return list.map((one, i) => (i === index ? value : one));
  }

  it("examine ignores a JSON file in another vocabulary", async () => {
    for (const json of [{}, [], { header: {}, blocks: [] }, { header: {}, blocks: [1], integrity: { verdict: "", wire: {} } }]) {
      const place = copied("ms-basic-plain", () => json);
      expect(recordedFor(join(place, "capture.msl"))).toBeUndefined();
    }
    expect(await examined(copied("ms-basic-plain", () => ({})))).toMatchObject({ outcome: "read", recorded: false });
  });

  it("examine reports a refused capture, and a fault if it should have been read", async () => {
    expect(await examined(copied("x-bad-magic"))).toMatchObject({ outcome: "refused", refusal: { code: "not-msl" } });
    const readable = copied("x-bad-magic", ({ features: _, ...json }) => ({ ...json, header: {}, blocks: [] }));
    const expected = { verdict: "chain-ok", wire: {} };
    writeFileSync(join(readable, "capture.json"), JSON.stringify({ header: {}, blocks: [], integrity: expected }));
    expect(await examined(readable)).toMatchObject({ outcome: "wrong", faults: [expect.stringContaining("is refused")] });
  });

  it("examine opens an encrypted capture with its recorded secret, and compares it with the recorded values", async () => {
    for (const name of ["ms-enc-passphrase", "md-enc-aes-raw", "md-enc-hybrid"]) {
      const finding = await examined(copied(name));
      expect([name, finding.outcome, finding.faults]).toEqual([name, "read", []]);
      expect(finding.measured).toMatchObject({ blocks: 6, verdict: "aead-ok" });
    }
    const otherNonce = copied("md-enc-aes-raw", (json) => ({ ...json, encryption: { nonceHex: "00" } }));
    expect((await examined(otherNonce)).faults[0]).toMatch(/^encryption\.nonceHex is /);
  });

  it("examine accepts a failing tag only if it is recorded, and a recorded one only if it fails", async () => {
    expect(await examined(copied("x-enc-tagflip"))).toMatchObject({
      outcome: "refused",
      refusal: { code: "authentication-failed" },
    });
    const sound = copied("md-enc-aes-raw", (json) => ({ ...json, features: ["aead-fail"] }));
    expect(await examined(sound)).toMatchObject({
      outcome: "wrong",
      faults: ["is read, recorded is that its tag does not hold"],
    });
    const flipped = copied("x-enc-tagflip", (json) => ({ ...json, features: [] }));
    expect(await examined(flipped)).toMatchObject({ outcome: "wrong", faults: [expect.stringContaining("is refused")] });
    const badKey = copied("x-enc-tagflip", (json) => ({ ...json, secrets: { rawKeyHex: "00" } }));
    expect(await examined(badKey)).toMatchObject({ outcome: "wrong", refusal: { code: "bad-key" } });
  });

  it("examine reports an encrypted capture without recorded secrets as one that needs a key", async () => {
    const finding = await examined(copied("ms-enc-passphrase", ({ secrets: _, ...json }) => json));
    expect(finding).toMatchObject({ outcome: "needs-key", refusal: { code: "missing-key" } });
    expect(findingLines({ ...finding, title: "\u001b[31mx" }).join()).toMatch(/^\[31mx .*needs-key: missing-key: /);
  });

  it("examine reports hostile captures and other files without throwing", async () => {
    const place = mkdtempSync(join(folder, "hostile-"));
    const bytes = readFileSync(join(FIXTURES, "ms-basic-plain.msl"));
    for (const [name, content] of Object.entries({
      "empty.msl": Buffer.alloc(0),
      "cut.msl": bytes.subarray(0, 1000),
      "zeros.msl": Buffer.concat([bytes.subarray(0, 64), Buffer.alloc(5000)]),
      "huge-block.msl": Buffer.concat([bytes.subarray(0, 72), Buffer.from([0xff, 0xff, 0xff, 0xff]), bytes.subarray(76)]),
    })) {
      writeFileSync(join(place, name), content);
      expect(["read", "refused"]).toContain((await examine(place, name, true)).outcome);
    }
  });
});

describe("findCaptures", () => {
  it("findCaptures lists captures of all subfolders, and follows no links", () => {
    const place = mkdtempSync(join(folder, "layout-"));
    mkdirSync(join(place, "a/b c/d"), { recursive: true });
    for (const name of ["z.msl", "a/b c/d/x.MSL", "a/notes.txt", "a/y.msl"]) writeFileSync(join(place, name), "");
    symlinkSync(place, join(place, "a/circle"));
    expect(findCaptures(place)).toEqual(["a/b c/d/x.MSL", "a/y.msl", "z.msl"]);
    expect(findCaptures(join(place, "nowhere"))).toEqual([]);
  });
});

describe("examineAll", () => {
  async function all(paths: readonly string[], child?: string): Promise<CaptureFinding[]> {
    const findings: CaptureFinding[] = [];
    for await (const finding of examineAll({ folder: FIXTURES, paths, quick: true }, child)) findings.push(finding);
    return findings;
  }

  it("examineAll examines captures in another process", async () => {
    const findings = await all(["lm-basic.msl", "x-bad-magic.msl", "x-zstd-bomb.msl", "missing.msl"], BUILT);
    expect(findings.map(({ title, outcome }) => [title, outcome])).toEqual([
      ["lm-basic.msl", "read"],
      ["x-bad-magic.msl", "refused"],
      ["x-zstd-bomb.msl", "read"],
      ["missing.msl", "refused"],
    ]);
  });

  it("examineAll continues after a capture that kills the process, and after a process that fails at its start", async () => {
    const deadly = join(folder, "deadly.mjs");
    writeFileSync(
      deadly,
      `const { paths } = JSON.parse(process.argv[2]);
       for (const title of paths) {
         await new Promise((done) => process.send({ starting: title }, done));
         if (title === "b.msl") process.kill(process.pid, "SIGSEGV");
         const finding = { kind: "capture", title, outcome: "read", faults: [], recorded: false, bytes: 0 };
         await new Promise((done) => process.send({ finding }, done));
       }
       process.disconnect();`,
    );
    const findings = await all(["a.msl", "b.msl", "c.msl"], deadly);
    expect(findings.map(({ title, outcome }) => [title, outcome])).toEqual([
      ["a.msl", "read"],
      ["b.msl", "wrong"],
      ["c.msl", "read"],
    ]);
    expect(findings[1]?.faults[0]).toBe("the process examining it died: SIGSEGV");
    const stillborn = join(folder, "stillborn.mjs");
    writeFileSync(stillborn, "process.exit(7)");
    const dead = await all(["a.msl", "b.msl"], stillborn);
    expect(dead.map(({ faults }) => faults[0])).toEqual(new Array(2).fill("the process examining it died: exit status 7"));
  });
});

describe("inOwnCorpus", () => {
  it("inOwnCorpus makes a corpus for the examination, and removes it afterwards even if that throws", async () => {
    const seen: string[] = [];
    const found = inOwnCorpus(true, async function* (place) {
      seen.push(place);
      yield* findCaptures(place);
      throw new Error("the examination failed");
    });
    const paths: string[] = [];
    await expect(
      (async () => {
        for await (const path of found) paths.push(path);
      })(),
    ).rejects.toThrow("the examination failed");
    expect(paths).toEqual(NAMES.map((name) => `${name}.msl`).sort());
    expect(seen.map((place) => existsSync(place))).toEqual([false]);
  });
});
