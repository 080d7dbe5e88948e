/** `msl lint`, `msl repair`, and digests of whole files with `msl verify`. */
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCapture } from "@memslice/msl";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonSchemas } from "../scripts/json-schemas.mjs";
import { capture, msl } from "./run-msl.js";

let scratch = "";
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "memslice-trust-"));
});
afterAll(() => rmSync(scratch, { recursive: true }));

const CAPTURES = readdirSync(new URL("../../../fixtures/captures/", import.meta.url))
  .filter((file) => file.endsWith(".msl"))
  .map((file) => file.slice(0, -4));
const ajv = new Ajv2020({ allErrors: true, strictTypes: false });
const validators = new Map(
  ["lint", "repair", "verify", "error"].map((name) => [
    name,
    ajv.compile(JSON.parse(jsonSchemas()[`json/${name}.schema.json`] ?? "")),
  ]),
);

function misfits(name: string, document: unknown): string[] {
  const validate = validators.get(name);
  return validate?.(document) ? [] : (validate?.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

/** What another program recorded about a capture. */
const recorded = (name: string) => JSON.parse(readFileSync(capture(name).replace(/msl$/, "json"), "utf8"));
/** Digests of the whole file by other programs: the recorded one, and that of Node. */
const digests = (name: string) => ({
  blake3: String(recorded(name).fileBlake3),
  sha256: createHash("sha256")
    .update(readFileSync(capture(name)))
    .digest("hex"),
});

/** The options for the key of a capture, as another program recorded it. */
function keyOptions(name: string): readonly string[] {
  const { secrets } = recorded(name);
  if (!secrets?.derivedKeyHex) return [];
  const file = join(scratch, `${name}.key`);
  writeFileSync(file, String(secrets.derivedKeyHex));
  return ["--key-file", file];
}

/** Control characters but the line feed. */
const hasControls = (text: string) => [...text].some((character) => character < " " && character !== "\n");

/** Captures with a defect, and some of each producer. */
const REPAIRED = CAPTURES.filter(
  (name) => name.startsWith("x-") || /noeoc|enc-(aes|x25519|passphrase)|enriched|keyhints|provenance/.test(name),
);

/**
 * The number of blocks of each type, without End-of-Capture: a repaired capture has one of its own. Connectivity Tables under memslicer's type have that of
 * the specification in it.
 */
function countOfTypes(types: readonly number[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const stored of types) {
    const type = stored === 0x0054 ? 0x0055 : stored;
    if (type !== 0x0fff) counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return counts;
}

describe.each(REPAIRED)("%s", (name) => {
  it("repair gives a capture that verifies and has every block that was recorded, or leaves nothing", async () => {
    const out = join(scratch, `${name}.repaired.msl`);
    const { status, stdout } = msl(["repair", capture(name), "-o", out, "--json", ...keyOptions(name)]);
    const document = JSON.parse(stdout);
    if (document.error) {
      expect(misfits("error", document)).toEqual([]);
      expect([[1, 3].includes(status ?? 0), existsSync(out)]).toEqual([true, false]);
      return;
    }
    expect(misfits("repair", document)).toEqual([]);
    expect(document.repair.sourceBlake3).toBe(digests(name).blake3);
    expect(status).toBe(document.source.integrity.outcome === "altered" ? 1 : document.complete ? 0 : 4);
    expect(msl(["verify", out, "-q"])).toMatchObject({ status: 0, stderr: "" });
    const repaired = await openCapture(out);
    const have = countOfTypes([...repaired.blocks].map(({ type }) => type));
    await repaired.close();
    const { blocks } = recorded(name) as { blocks?: readonly { readonly type: number }[] };
    for (const [type, count] of countOfTypes((blocks ?? []).map((block) => Number(block.type)))) {
      expect([type.toString(16), have.get(type)]).toEqual([type.toString(16), expect.toSatisfy((held) => held >= count)]);
    }
  });
});

describe("msl lint", () => {
  it("prints a document of its schema for every capture, with the status of its findings", () => {
    for (const name of CAPTURES.filter((one) => keyOptions(one).length > 0 || /^(x-|.*-edge)/.test(one))) {
      const { status, stdout } = msl(["lint", capture(name), "--json", ...keyOptions(name)]);
      const document = JSON.parse(stdout);
      expect([name, misfits("lint", document)]).toEqual([name, []]);
      const { error, warning, info } = document.counts;
      expect(document.findings.length).toBe(error + warning + info);
      if (document.error) expect([name, [1, 3].includes(status ?? 0)]).toEqual([name, true]);
      else expect([name, status]).toEqual([name, error + warning + info > 0 ? 1 : 0]);
    }
    const { status, stdout } = msl(["lint", "--ndjson", ...CAPTURES.map(capture)], { env: { MSL_PASSPHRASE: "none" } });
    expect(status).toBe(1);
    const documents = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(documents.flatMap((document) => misfits("lint", document))).toEqual([]);
    expect(documents.filter(({ counts }) => counts).length).toBe(CAPTURES.length);
  });

  it("lists findings with their places, what was expected and what they mean", () => {
    const { status, stdout } = msl(["lint", capture("x-flip-middle")]);
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /error {3}INT-CHAIN block 6 at 17656, prevHash: PrevHash of block 6 is not the hash of block 5\n +found: b42d1f96/,
    );
    expect(stdout).toMatch(/expected: 354c3f51\w+, the hash of block 5/);
    expect(stdout).toMatch(/means: That element or this PrevHash was altered/);
    expect(stdout).toMatch(/3 errors, 1 warning, 2 infos in 9 blocks; hashes: chain-broken\+filehash-mismatch/);
  });

  it("counts the findings of an id behind the first ones, and lists them with -v", () => {
    const short = msl(["lint", capture("md-modules-many")]).stdout;
    expect(short.match(/MOD-SHORT block/g)?.length).toBe(3);
    expect(short).toContain("and 147 MOD-SHORT; -v lists them");
    expect(msl(["lint", "-v", capture("md-modules-many")]).stdout.match(/MOD-SHORT block/g)?.length).toBe(150);
  });

  it("ends with 0 if no finding is as grave as the level", () => {
    expect(msl(["lint", "--level", "error", capture("ms-hash-sha256")])).toMatchObject({ status: 0, stderr: "" });
    expect(msl(["lint", "--level", "warning", capture("ms-hash-sha256")]).status).toBe(1);
    expect(msl(["lint", "--level", "grave", capture("ms-hash-sha256")])).toMatchObject({ status: 2, stdout: "" });
  });

  it("examines several files, and counts them by outcome", () => {
    const { status, stdout, stderr } = msl([
      "lint",
      "--level",
      "error",
      ...["ms-hash-sha256", "x-bad-magic", "x-flip-middle"].map(capture),
    ]);
    expect(status).toBe(1);
    expect(stdout.match(/^\S*\.msl$/gm)?.length).toBe(3);
    expect(stderr).toContain("3 files: 1 without findings, 1 not readable as MSL, 1 with findings");
    expect(msl(["lint", capture("x-bad-magic")]).status).toBe(3);
  });

  it("prints a line for each finding with --ndjson, and one with the counts", () => {
    const { stdout } = msl(["lint", "--ndjson", capture("ms-basic-plain"), capture("x-bad-magic")]);
    const documents = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(documents.flatMap((document) => misfits("lint", document))).toEqual([]);
    expect(documents.filter(({ counts }) => counts).length).toBe(2);
  });

  it("ends with 4 for an encrypted file without findings in its header, and without its key", () => {
    expect(msl(["lint", "--level", "error", capture("md-enc-aes-passphrase")]).status).toBe(4);
  });

  it("explains one id or all of them, and reads no file for that", () => {
    expect(msl(["lint", "--explain", "int-chain"]).stdout).toMatch(/^INT-CHAIN: PrevHash is not the hash/);
    const { rules } = JSON.parse(msl(["lint", "--explain", "all", "--json"]).stdout);
    expect(rules.length).toBe(91);
    expect(misfits("lint", { schema: "msl.lint/1", rules })).toEqual([]);
    expect(msl(["lint", "--explain", "NOTHING"])).toMatchObject({ status: 2, stdout: "" });
  });

  it("prints no control character of a capture", () => {
    const bytes = readFileSync(capture("ms-basic-plain"));
    bytes.set(Buffer.from("\u001b[31m"), bytes.indexOf("libçrypto") - 6);
    const path = join(scratch, "escapes\u001b[0m.msl");
    writeFileSync(path, bytes);
    const { stdout, stderr } = msl(["lint", "-v", path]);
    expect([hasControls(stdout), hasControls(stderr)]).toEqual([false, false]);
  });
});

describe("msl repair", () => {
  it("says what is lost, in its report and in the new capture", () => {
    const out = join(scratch, "cut.msl");
    const { status, stdout } = msl(["repair", capture("x-trunc-midstream"), "-o", out]);
    expect(status).toBe(4);
    expect(stdout).toMatch(/Import Provenance of .*cut\.msl: Repaired by msl .*source-verdict=chain-ok\+no-eoc\+truncated-block/);
    const { blocks } = JSON.parse(msl(["dump", out, "--json"]).stdout);
    expect(blocks[0]).toMatchObject({ typeName: "ImportProvenance", payload: { origFileSize: "4104" } });
    expect(stdout).toContain(blocks[0].payload.note);
  });

  it("never writes to the damaged file, by whatever name it is given", () => {
    const source = join(scratch, "evidence.msl");
    const other = join(scratch, "same-evidence.msl");
    copyFileSync(capture("x-trunc-midstream"), source);
    linkSync(source, other);
    const before = [readFileSync(source), statSync(source).mtimeMs];
    for (const out of [source, other]) {
      expect(msl(["repair", source, "-o", out, "--force"])).toMatchObject({ status: 2, stdout: "" });
      expect([readFileSync(source), statSync(source).mtimeMs]).toEqual(before);
    }
  });

  it("replaces no file without --force, and needs the name of the new capture", () => {
    const out = join(scratch, "there.msl");
    writeFileSync(out, "kept");
    expect(msl(["repair", capture("ms-noeoc"), "-o", out])).toMatchObject({ status: 2 });
    expect(readFileSync(out, "utf8")).toBe("kept");
    expect(msl(["repair", capture("ms-noeoc"), "-o", out, "-f"]).status).toBe(4);
    expect(msl(["repair", capture("ms-noeoc")])).toMatchObject({ status: 2, stdout: "" });
    expect(msl(["repair", "-o", out])).toMatchObject({ status: 2, stdout: "" });
  });

  it("reads a pipe, and writes to standard output", () => {
    const input = readFileSync(capture("x-trunc-midstream"));
    const out = join(scratch, "piped.msl");
    const { status, stderr } = msl(["repair", "-", "-o", out], { input });
    expect([status, stderr]).toEqual([4, expect.stringContaining("kept in a temporary file")]);
    expect(msl(["verify", out]).status).toBe(0);
  });
});

describe("msl verify with digests", () => {
  const whole = () => digests("ms-basic-plain");

  it.each(["blake3", "sha256"] as const)("prints the %s digest of the whole file, of a file and of a stream", (digest) => {
    for (const args of [[capture("ms-basic-plain")], ["-"], [capture("ms-basic-plain"), "--threads", "2"]]) {
      const { status, stdout } = msl(["verify", ...args, "--digest", digest, "--json"], {
        input: readFileSync(capture("ms-basic-plain")),
      });
      const document = JSON.parse(stdout);
      expect(misfits("verify", document)).toEqual([]);
      expect([status, document.digest]).toEqual([
        0,
        { algorithm: digest, digest: whole()[digest], bytes: 64112, expected: null, matches: null },
      ]);
    }
  });

  it("compares the digest with the expected one: status 1 with both for another file", () => {
    const { blake3: expected, sha256 } = whole();
    expect(msl(["verify", capture("ms-basic-plain"), "--expect", expected.toUpperCase()]).status).toBe(0);
    expect(msl(["verify", capture("ms-basic-plain"), "--digest", "sha256", "--expect", sha256]).stdout).toContain("as expected");
    const other = msl(["verify", capture("ms-noeoc"), "--expect", expected]);
    expect(other.status).toBe(1);
    expect(other.stdout).toMatch(
      new RegExp(`NOT THE EXPECTED FILE: BLAKE3 .*${digests("ms-noeoc").blake3}, expected ${expected}`),
    );
  });

  it("finds bytes behind End-of-Capture that neither chain nor FileHash covers", () => {
    const { blake3: expected } = whole();
    const path = join(scratch, "longer.msl");
    writeFileSync(path, Buffer.concat([readFileSync(capture("ms-basic-plain")), Buffer.from("more")]));
    expect(msl(["verify", path]).status).toBe(0);
    expect(msl(["verify", path, "--expect", expected]).status).toBe(1);
  });

  it("computes the digest of an encrypted file as it is stored", () => {
    const bytes = readFileSync(capture("md-enc-aes-raw"));
    const args = ["verify", ...keyOptions("md-enc-aes-raw"), "--expect", digests("md-enc-aes-raw").blake3];
    expect(msl([...args, capture("md-enc-aes-raw")]).status).toBe(0);
    expect(msl([...args, "-"], { input: bytes }).status).toBe(0);
  });

  it.each(["md-enc-aes-raw", "x-bad-magic"])(
    "has the digest of %s, which cannot be verified, of a file and of a stream",
    (name) => {
      const { blake3, sha256 } = digests(name);
      const failure = name === "x-bad-magic" ? 3 : 2;
      for (const [args, digest, status] of [
        [["--digest", "sha256"], { algorithm: "sha256", digest: sha256, matches: null }, failure],
        [["--expect", blake3], { algorithm: "blake3", digest: blake3, matches: true }, failure === 2 ? 4 : failure],
        [["--expect", sha256], { algorithm: "sha256", digest: sha256, matches: true }, failure === 2 ? 4 : failure],
        [["--expect", digests("ms-noeoc").sha256], { algorithm: "blake3", digest: blake3, matches: false }, 1],
      ] as const)
        for (const file of [capture(name), "-"]) {
          const shown = msl(["verify", file, ...args, "--json"], { input: readFileSync(capture(name)) });
          const document = JSON.parse(shown.stdout);
          expect([file, misfits("verify", document)]).toEqual([file, []]);
          expect([file, args, shown.status, document.digest]).toMatchObject([file, args, status, digest]);
        }
      expect(msl(["verify", capture(name), "--digest", "sha256"]).stdout).toContain(
        `: Not verified\n  SHA-256 of the whole file`,
      );
    },
  );

  it.runIf(process.platform === "linux")(
    "gives no digest of a file that has bytes and a size of 0, and that of an empty file",
    () => {
      expect(msl(["verify", "/proc/version", "--digest", "sha256"])).toMatchObject({ status: 2, stdout: "" });
      const empty = join(scratch, "empty.msl");
      writeFileSync(empty, "");
      expect(msl(["verify", empty, "--digest", "sha256"]).stdout).toContain(
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      );
    },
  );

  it("takes the expected digest of either algorithm, and only of one that is named", () => {
    const { blake3, sha256 } = whole();
    for (const [args, status] of [
      [["--expect", sha256], 0],
      [["--expect", `sha256:${sha256}`], 0],
      [["--expect", `blake3:${blake3}`], 0],
      [["--expect", `blake3:${sha256}`], 1],
      [["--digest", "blake3", "--expect", sha256], 1],
      [["--digest", "blake3", "--expect", `sha256:${sha256}`], 2],
      [["--expect", digests("ms-noeoc").sha256], 1],
    ] as const) {
      expect([args, msl(["verify", capture("ms-basic-plain"), ...args]).status]).toEqual([args, status]);
      const input = readFileSync(capture("ms-basic-plain"));
      expect([args, msl(["verify", "-", ...args], { input }).status]).toEqual([args, status]);
    }
  });

  it("prints FileHash of an intact capture, and hints at one that was given as a digest", () => {
    const { stdout } = msl(["verify", capture("ms-basic-plain")]);
    const fileHash = /FileHash ([0-9a-f]{64})/.exec(stdout)?.[1] ?? "";
    expect(fileHash).toBe(recorded("ms-basic-plain").blocks.at(-1).payload.fileHash);
    expect(msl(["verify", capture("ms-basic-plain"), "--expect", fileHash]).stdout).toContain(
      "that is the FileHash of the capture",
    );
  });

  it("refuses words that are no digest", () => {
    for (const args of [
      ["--expect", "00"],
      ["--digest", "md5"],
      ["--expect", "g".repeat(64)],
    ])
      expect(msl(["verify", capture("ms-basic-plain"), ...args])).toMatchObject({ status: 2, stdout: "" });
  });
});
