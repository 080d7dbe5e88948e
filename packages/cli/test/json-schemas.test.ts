import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, describe, expect, it } from "vitest";
import { jsonSchemas } from "../scripts/json-schemas.mjs";
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
const ajv = new Ajv2020({ allErrors: true, strictTypes: false });
/** Commands that print a list, with the options that they need. */
const LISTS = [
  ...["blocks", "dump --digests"],
  ...["search --hex 00?? -C 2 --limit 20", "search --hex 00?? --count", "strings --encoding all --limit 20"],
  "search --regex .{1,9} --longest 5 --limit 20",
  ...["pointers --into 0-ffffffffffff --limit 20", "pointers --table", "pointers --table --count"],
  ...["entropy", "entropy --windows --window 1000 --limit 20", "entropy --count"],
  ...["keys", "keys --show-secrets --sort length --limit 5", "keys --count", "keys --find --show-secrets"],
  ...["maps", "modules", "threads", "threads --registers", "processes", "connections", "handles", "system"],
];
/** The words of a command; bytes may have a space between them. */
const wordsOf = (command: string) => command.split(" ").map((word) => word.replace("00??", "00 ??"));
const validators = new Map(
  [
    ...["error", ...COMMANDS, "search", "scan", "strings", "pointers", "entropy", "keys", "compare", "transcode"],
    ...["maps", "modules", "threads", "processes", "connections", "handles", "system"],
  ].map((name) => [name, ajv.compile(schema(name))]),
);

function schema(name: string) {
  return JSON.parse(jsonSchemas()[`json/${name}.schema.json`] ?? "");
}

/** Sentences about everything that does not match the schema. */
function misfits(name: string, document: unknown): string[] {
  const validate = validators.get(name);
  if (!validate) throw new Error(`There is no schema ${name}`);
  return validate(document) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

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

/** With --ndjson, the line of a capture is the document that --json prints. */
it.each(["verify", "verify -v", "info", "info -v", "info --verify"])(
  "all captures are printed by `msl %s` as its schema says",
  (words) => {
    const [command = "", ...options] = words.split(" ");
    const { stdout } = msl([command, ...CAPTURES.map(capture), "--ndjson", ...options]);
    const documents = stdout.trim().split("\n");
    expect(documents).toHaveLength(CAPTURES.length);
    for (const line of documents) {
      const document = JSON.parse(line) as Record<string, unknown>;
      expect([document["file"], misfits("error" in document ? "error" : command, document)]).toEqual([document["file"], []]);
    }
  },
);

interface Schema {
  readonly properties?: Readonly<Record<string, { readonly items?: { readonly $ref?: string } }>>;
  readonly anyOf?: readonly Schema[];
  readonly $defs?: object;
}

/**
 * With --ndjson, each entry of a list is a line, with the schema and the file beside its own members; a line with the other members of the document
 * comes first or last.
 */
function linesOf(command: string) {
  const document: Schema = schema(command);
  const shapes = (document.anyOf ?? [document]).map(({ properties = {} }) => properties);
  const entries = shapes.flatMap((properties) => Object.values(properties).flatMap(({ items }) => (items?.$ref ? [items] : [])));
  const others = shapes.map((properties) => {
    const members = Object.entries(properties).filter(([name]) => !["schema", "file"].includes(name));
    return { type: "object", properties: Object.fromEntries(members), minProperties: 2, additionalProperties: false };
  });
  return ajv.compile({ anyOf: [...entries, ...others], $defs: document.$defs });
}

it.each(LISTS)("all captures are printed by `msl %s --ndjson` as its schema says, line by line", (words) => {
  const [command = "", ...options] = wordsOf(words);
  const validate = linesOf(command);
  const lines = msl([command, ...CAPTURES.map(capture), "--ndjson", ...options])
    .stdout.trim()
    .split("\n");
  expect(lines.length).toBeGreaterThanOrEqual(CAPTURES.length);
  for (const line of lines) {
    const { schema: _, file, ...rest } = JSON.parse(line) as Record<string, unknown>;
    const isError = "error" in rest;
    const found = isError ? misfits("error", JSON.parse(line)) : validate(rest) ? [] : validate.errors;
    expect([file, line.slice(0, 200), found]).toEqual([file, line.slice(0, 200), []]);
  }
});

describe.each(["ms-investigation-full", "ms-keyhints-many"])("%s", (name) => {
  it.each(LISTS)("the document of `msl %s --json` conforms to its schema", (words) => {
    const { name: kind, document } = printed([...wordsOf(words), capture(name), "--json"]);
    expect(misfits(kind, document)).toEqual([]);
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
