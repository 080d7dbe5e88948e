import { describe, expect, it } from "vitest";
import { benchmarksPage, scenarioSection } from "../src/measurements/harness/benchmarks-page.js";
import type { Environment } from "../src/measurements/harness/environment.js";
import type { Entry, Finding } from "../src/measurements/harness/findings.js";

const ENVIRONMENT: Environment = {
  date: "2030-01-02T03:04:05.678Z",
  cpu: "A Processor",
  cores: 2,
  memoryBytes: 2 ** 34,
  platform: "linux x64",
  runtime: "Node v20.0.0",
  v8: "11.3",
  load: 0.5,
  waitingLeftOut: true,
  packages: {},
  core: "",
};

function section(...findings: Finding[]): string {
  return scenarioSection(ENVIRONMENT, { name: "speed", summary: "how fast", findings, peakBytes: 0 });
}

function comparison(...peers: Partial<Entry>[]): Finding {
  const seconds = { q1: 1, median: 2, q3: 3 };
  const entries = peers.map((peer) => ({ name: "peer 1.0", ours: false, seconds, ...peer }));
  const ours = { name: "ours", ours: true, seconds };
  return { kind: "comparison", title: "some work", work: { amount: 2e9, unit: "bytes" }, rounds: 9, entries: [ours, ...entries] };
}

const ratio = (median: number, supported = true) => ({ median, low: median - 0.1, high: median + 0.1, supported });

describe("scenarioSection", () => {
  it("scenarioSection writes the figures of a scenario with its summary, command, date and machine", () => {
    expect(section(comparison({ ratio: ratio(1.5), bar: { atLeast: 1.2 } }))).toBe(`## speed

How fast. Measured by \`npm run bench -- speed\` on 2030-01-02: Node v20.0.0 (V8 11.3) on linux x64, A Processor, 2 cores, 16 GiB.

### Some work

| | Time | Rate | Ours is as fast | Wanted |
|---|---|---|---|---|
| ours | 2.00 s | 1000 MB/s | | |
| peer 1.0 | 2.00 s | 1000 MB/s | 1.50x (1.40 .. 1.60) | at least 1.20x: met |

Medians of 9 rounds in which all took part; in brackets where the median lies with 95 % confidence.

### Where we lose

Nowhere in this run.
`);
  });

  it("scenarioSection names a load above the number of processors", () => {
    const text = scenarioSection(
      { ...ENVIRONMENT, load: 7.25 },
      { name: "speed", summary: "how fast", findings: [], peakBytes: 0 },
    );
    expect(text).toContain("A Processor, 2 cores, 16 GiB, under a load of 7.3.");
  });

  it("scenarioSection lists missed and undecided bars, faster peers and failed comparisons under 'Where we lose'", () => {
    const text = section(
      comparison(
        { name: "missed", ratio: ratio(1.1), bar: { atLeast: 1.2 } },
        { name: "open", ratio: ratio(1.2, false), bar: { atLeast: 1.2 } },
        { name: "faster", ratio: ratio(0.8) },
        { name: "slower", ratio: ratio(1.1) },
        { name: "wrong", problem: "gives another | digest", bar: { atLeast: 2 } },
      ),
      { kind: "figure", title: "memory", value: 50.06, unit: "MiB", bar: { atMost: 45 } },
      { kind: "figure", title: "start", value: 0.0123, unit: "s", bar: { atMost: 0.03 } },
    );
    expect(text.slice(text.indexOf("### Where we lose"))).toBe(`### Where we lose

- Some work: ours is 1.10x as fast as missed, wanted at least 1.20x.
- Some work: ours is 1.10 to 1.30x as fast as open, wanted at least 1.20x.
- Some work: ours is 0.800x as fast as faster.
- Some work: not compared with wrong, wanted at least 2.00x (gives another | digest).
- Memory: 50.1 MiB, wanted at most 45.0.
`);
    expect(text).toContain("| open | 2.00 s | 1000 MB/s | not told: 1.10 .. 1.30 | at least 1.20x: undecided |");
    expect(text).toContain("| wrong | | | not compared: gives another \\| digest | at least 2.00x |");
    expect(text).toContain("| memory | 50.1 MiB | at most 45.0: not met |");
    expect(text).toContain("| start | 0.0123 s | at most 0.0300: met |");
  });
});

describe("scenarioSection of other findings", () => {
  it("scenarioSection writes figures of other packages and the number of processes, and names only captures that are wrong", () => {
    const capture = { kind: "capture", recorded: true, bytes: 1 } as const;
    const text = section(
      { ...comparison({ ratio: ratio(1.5) }), processes: 9 } as Finding,
      { kind: "figure", title: "bundle", value: 20, unit: "KiB", others: [{ name: "peer 1.0", value: 40 }] },
      { ...capture, title: "good.msl", outcome: "read", faults: [] },
      { ...capture, title: "bad.msl", outcome: "wrong", faults: ["verdict is a, recorded is b"] },
    );
    expect(text).toContain("Medians of 9 processes in which all took part");
    expect(text).toContain("| bundle | 20 KiB | |\n| beside it: peer 1.0 | 40 KiB | |");
    expect(text).not.toContain("good.msl");
    expect(text).toContain("- bad.msl: verdict is a, recorded is b.");
  });
});

describe("benchmarksPage", () => {
  const order = ["a", "b", "c"];

  it("benchmarksPage replaces the sections of scenarios that ran, keeps other scenarios, and removes sections without a scenario", () => {
    const first = benchmarksPage(
      "",
      new Map([
        ["c", "## c\n\nold c\n"],
        ["a", "## a\n\nold a\n\n### Part\n\ntext\n"],
      ]),
      order,
    );
    const second = benchmarksPage(
      `${first}\n## gone\n\ntext\n`,
      new Map([
        ["c", "## c\n\nnew c\n"],
        ["b", "## b\n\nb\n"],
      ]),
      order,
    );
    expect(first).toMatch(/^# Benchmarks\n/);
    expect(second.slice(second.indexOf("## a"))).toBe("## a\n\nold a\n\n### Part\n\ntext\n\n## b\n\nb\n\n## c\n\nnew c\n");
    expect(second.slice(0, second.indexOf("## a"))).toBe(first.slice(0, first.indexOf("## a")));
  });

  it("benchmarksPage leaves the page unchanged if its own sections are written again", () => {
    const page = benchmarksPage("", new Map([["b", "## b\n\nb\n"]]), order);
    expect(benchmarksPage(page, new Map(), order)).toBe(page);
    expect(benchmarksPage(page, new Map([["b", "## b\n\nb\n"]]), order)).toBe(page);
  });
});
