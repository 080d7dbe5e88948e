/**
 * The checks of samples fail for every kind of difference from the recorded values, and for a difference in any sample, not only in the
 * first.
 */
import * as analysis from "@memslice/analysis";
import * as core from "@memslice/core-wasm";
import * as msl from "@memslice/msl";
import { describe, expect, it } from "vitest";
import type { RecordedValues } from "../../bench/src/samples/recorded-values.js";
import { expectation, fixtureBytes, fixturePath } from "../../msl/test/fixtures.js";
import type { Environment } from "../src/checks/check.js";
import { requireNone } from "../src/checks/require.js";
import { requireRecorded, SAMPLES } from "../src/checks/samples.js";

const NAMES = ["ms-basic-plain", "ms-noeoc", "ms-regions-edge", "ms-hash-sha256", "ms-investigation-full", "ms-zstd-mixed"];

/** The environment of this process, with samples whose recorded values `change` may alter. */
function environment(names: readonly string[], change: (name: string, recorded: RecordedValues) => RecordedValues): Environment {
  return {
    msl,
    core,
    analysis,
    facilities: [],
    webAssemblyAtImport: 0,
    webAssemblyUses: () => 0,
    messagesHeard: () => 0,
    samples: names,
    bytes: async (name) => new Uint8Array(fixtureBytes(name)),
    expected: async (name) => change(name, expectation(name)),
    url: (name) => name,
    path: fixturePath,
  };
}

const same = (_: string, recorded: RecordedValues) => recorded;

describe("requireNone", () => {
  it("requireNone throws the only difference, or the first of several and their number", () => {
    expect(() => requireNone("x", [])).not.toThrow();
    expect(() => requireNone("x", ["a is 1"])).toThrow("x: a is 1");
    expect(() => requireNone("x", ["a is 1", "b is 2"])).toThrow("x: a is 1 (of 2)");
    expect(() => requireNone("x", ["", "b is 2"])).toThrow("of 2");
  });
});

describe("the check of one sample", () => {
  const changes: [string, (recorded: RecordedValues) => RecordedValues, RegExp][] = [
    ["the header", (one) => ({ ...one, header: { ...one.header, pid: 1 } }), /header\.pid/],
    ["the number of blocks, fewer", (one) => ({ ...one, blocks: one.blocks.slice(0, -1) }), /blocks, recorded are/],
    [
      "the number of blocks, more",
      (one) => ({ ...one, blocks: [...one.blocks, ...one.blocks.slice(-1)] }),
      /blocks, recorded are/,
    ],
    ["the last block", (one) => ({ ...one, blocks: one.blocks.with(-1, { ...one.blocks.at(-1), uuid: "00" }) }), /uuid/],
    [
      "a payload in the middle",
      (one) => ({ ...one, blocks: one.blocks.with(5, { ...one.blocks[5], payloadBlake3: "00" }) }),
      /blocks\[5\]\.payloadBlake3/,
    ],
    ["the verdict", (one) => ({ ...one, integrity: { ...one.integrity, verdict: "chain-broken" } }), /verdict/],
    [
      "what the verdict is made of",
      (one) => ({ ...one, integrity: { ...one.integrity, wire: { ...one.integrity.wire, blocks: 1 } } }),
      /integrity\.blocks/,
    ],
  ];

  it("the check of one sample passes if everything is as recorded", async () => {
    await requireRecorded(environment(NAMES, same), "ms-basic-plain", fixtureBytes("ms-basic-plain"));
  });

  it.each(changes)("the check of one sample fails if the recorded value differs in %s", async (_, change, fault) => {
    const changed = environment(NAMES, (_name, recorded) => change(recorded));
    const run = requireRecorded(changed, "ms-basic-plain", fixtureBytes("ms-basic-plain"));
    await expect(run).rejects.toThrow(fault);
  });
});

describe("the check of several samples", () => {
  const [check] = SAMPLES;

  it("the check of several samples passes if all samples are as recorded, and fails if there are fewer samples than expected", async () => {
    await check?.run(environment(NAMES, same));
    await expect(check?.run(environment(NAMES.slice(0, 5), same))).rejects.toThrow("5 samples");
  });

  it.each([0, 1, 2, 3, 4, 5])("the check of several samples fails if only sample %i is not as recorded", async (position) => {
    let asked = 0;
    const last = environment(NAMES, (_, recorded) => {
      // The recorded values of each sample are requested twice: for whether it must be refused, and for its contents.
      const mine = Math.floor(asked++ / 2) === position;
      return mine ? { ...recorded, integrity: { ...recorded.integrity, verdict: "anything else" } } : recorded;
    });
    await expect(check?.run(last)).rejects.toThrow(`${NAMES[position]}: verdict`);
  });
});
