import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { jsonSchemas } from "../scripts/json-schemas.mjs";
import { COMMAND_LINES, everyCommand, wordsOf } from "./command-lines.js";
import { misfits } from "./json-validation.js";
import { capture, msl } from "./run-msl.js";

const CAPTURES = readdirSync(new URL("../../../fixtures/captures/", import.meta.url))
  .filter((file) => file.endsWith(".msl"))
  .map((file) => file.slice(0, -4));
/** Encrypted captures with the key that opens them. */
const KEYS = CAPTURES.flatMap((name) => {
  const { secrets, features } = JSON.parse(readFileSync(capture(name).replace(/msl$/, "json"), "utf8"));
  return secrets?.derivedKeyHex && !features?.includes("aead-fail") ? [[name, String(secrets.derivedKeyHex)] as const] : [];
});
const COMMANDS = ["info", "verify", "blocks", "dump"] as const;
/** The command lines that take any number of captures, of the commands that can print one document. */
const LISTS = (await everyCommand())
  .filter(({ options }) => "json" in options)
  .flatMap(({ name }) =>
    (COMMAND_LINES[name] ?? []).filter((line) => line.includes("FILES")).map((line) => [name, line] as const),
  );

function printed(args: readonly string[]): { readonly name: string; readonly document: Record<string, unknown> } {
  const document = JSON.parse(msl(args).stdout) as Record<string, unknown>;
  return { name: "error" in document ? "error" : String(args[0]), document };
}

it.each(Object.entries(jsonSchemas()))(
  "docs/%s is the schema that the code defines; if not, run npm run reference",
  (name, text) => {
    expect(readFileSync(new URL(`../../../docs/${name}`, import.meta.url), "utf8")).toBe(text);
  },
);

describe.each(["ms-investigation-full", "ms-keyhints-many"])("%s", (name) => {
  it.each(LISTS)("the document of `msl %s %s --json` conforms to its schema", (command, line) => {
    const { name: kind, document } = printed([...wordsOf(command, line, { FILES: [capture(name)] }), "--json"]);
    expect([kind, misfits(kind, document)]).toEqual([command, []]);
  });

  it("its comparison with another capture, and its transcoding, conform to their schemas", () => {
    const other = capture("ms-basic-plain");
    for (const args of [
      ["compare", other, capture(name), "--json"],
      ["compare", capture(name), other, "--json", "--align", "address", "--limit", "20"],
      ["transcode", capture(name), "/dev/null", "--json"],
    ]) {
      const { name: kind, document } = printed(args);
      expect([args, misfits(kind, document)]).toEqual([args, []]);
    }
  });
});

it("the schemas of keys, entropy, comparison and transcoding refuse a member too many, and one too few", () => {
  const file = capture("ms-basic-plain");
  for (const [args, list] of [
    [["keys", file], "hints"],
    [["entropy", file], "regions"],
    [["entropy", "--windows", file], "windows"],
    [["compare", file, capture("lm-basic")], "differences"],
    [["transcode", file, "/dev/null"], "blocks"],
    [["maps", file], "regions"],
    [["modules", file], "modules"],
  ] as const) {
    const { name, document } = printed([...args, "--json"]);
    const rows = document[list] as object[];
    expect(rows.length).toBeGreaterThan(0);
    expect(misfits(name, document)).toEqual([]);
    expect([args, misfits(name, { ...document, more: 1 })]).not.toEqual([args, []]);
    expect([args, misfits(name, { ...document, schema: "msl.other/1" })]).not.toEqual([args, []]);
    expect([args, misfits(name, { ...document, [list]: [{ ...rows[0], more: 1 }] })]).not.toEqual([args, []]);
    expect([args, misfits(name, { ...document, [list]: [{}] })]).not.toEqual([args, []]);
  }
});

it("the schemas of questions refuse a member too many, and one too few", () => {
  const { document } = printed(["search", capture("ms-basic-plain"), "--json", "--hex", "00 ??", "--limit", "1"]);
  const [match] = document["matches"] as object[];
  expect(misfits("search", { ...document, more: 1 })).not.toEqual([]);
  expect(misfits("search", { ...document, coverage: {} })).not.toEqual([]);
  expect(misfits("search", { ...document, matches: [{ ...match, more: 1 }] })).not.toEqual([]);
  expect(misfits("search", { ...document, matches: [{ ...match, address: 5 }] })).not.toEqual([]);
});

describe.each(KEYS)("%s, opened with its key", (name, key) => {
  const folder = mkdtempSync(join(tmpdir(), "memslice-schemas-"));
  const keyFile = join(folder, "key");
  writeFileSync(keyFile, key);
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(["info", "info --verify", "verify", "blocks", "dump --digests"])(
    "the document of `msl %s` conforms to its schema",
    (words) => {
      const [command = "", ...options] = words.split(" ");
      const { document } = printed([command, capture(name), "--json", "--key-file", keyFile, ...options]);
      expect(document["error"]).toBeUndefined();
      expect(misfits(command, document)).toEqual([]);
      if (command === "info") expect(document).toMatchObject({ locked: false, encryption: { encAlgo: expect.any(Number) } });
    },
  );
});

describe("the schemas", () => {
  it("the schema of info matches the document of an encrypted capture without its key", () => {
    const { name, document } = printed(["info", capture("ms-enc-passphrase"), "--json"]);
    expect([name, document["locked"], misfits("info", document)]).toEqual(["info", true, []]);
    expect(misfits("info", { ...document, locked: false })).not.toEqual([]);
    expect(misfits("info", { ...document, encryption: null })).not.toEqual([]);
    expect(misfits("info", { ...document, encryption: { ...(document["encryption"] as object), more: 1 } })).not.toEqual([]);
  });

  it("the schemas match errors, and documents without --digests, with --salvage and with --strict", () => {
    expect(misfits("error", printed(["dump", "nowhere.msl", "--json"]).document)).toEqual([]);
    for (const extra of ["--strict", "--salvage"]) {
      for (const command of ["info", "blocks", "dump"]) {
        const { name, document } = printed([command, capture("x-blocklen-small"), "--json", extra]);
        expect(misfits(name, document)).toEqual([]);
      }
    }
    expect(misfits("dump", printed(["dump", capture("ms-basic-plain"), "--json"]).document)).toEqual([]);
  });

  it.each(COMMANDS)(
    "the schema of %s refuses documents with a property too many, one too few, or one of another type",
    (command) => {
      const { document } = printed([command, capture("ms-basic-plain"), "--json"]);
      expect(misfits(command, { ...document, more: 1 })).not.toEqual([]);
      expect(misfits(command, { ...document, schema: "msl.other/1" })).not.toEqual([]);
      for (const key of Object.keys(document)) {
        const { [key]: _, ...rest } = document;
        expect([key, misfits(command, rest)]).not.toEqual([key, []]);
        expect([key, misfits(command, { ...document, [key]: { wrong: true } })]).not.toEqual([key, []]);
      }
    },
  );

  it("the schema of dump refuses a payload of another block type, with a field too many or too few, or beside a problem", () => {
    const { document } = printed(["dump", capture("ms-basic-plain"), "--json"]);
    const blocks = document["blocks"] as Record<string, unknown>[];
    const [identity, region] = [0x40, 1].map((type) => blocks.find((block) => block["type"] === type) ?? {});
    const withBlock = (block: object) => misfits("dump", { ...document, blocks: [block] });
    const payload = identity?.["payload"] as object;
    expect(withBlock({ ...identity })).toEqual([]);
    expect(withBlock({ ...identity, payload: region?.["payload"] })).not.toEqual([]);
    expect(withBlock({ ...identity, payload: { ...payload, more: 1 } })).not.toEqual([]);
    const { exePath: _, ...less } = payload as { exePath: string };
    expect(withBlock({ ...identity, payload: less })).not.toEqual([]);
    expect(withBlock({ ...identity, problem: { id: "CMP-LIMIT", message: "", at: 0 } })).not.toEqual([]);
    const { payload: __, ...without } = identity as { payload: object };
    expect(withBlock(without)).not.toEqual([]);
  });
});
