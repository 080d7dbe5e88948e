/**
 * A reporter of vitest for `npm test`: the last lines name the programs whose tests were left out because they are not installed, and how to get
 * them. Tests tell it by the note with which they skip: "NAME is not installed on this machine".
 */
const MISSING = /^(.+?)(?:, .+)? (?:is|are) not installed/;

const FROM_THE_LOCK_FILE = "npm ci installs it where its package has a build for the machine";
const REMEDIES = {
  Chromium: "put chromium, or google-chrome, in the PATH; Debian: apt-get install chromium",
  Bun: FROM_THE_LOCK_FILE,
  Deno: FROM_THE_LOCK_FILE,
  workerd: FROM_THE_LOCK_FILE,
  "the bundlers": "npm run bundlers",
  zstd: "Debian: apt-get install zstd",
  lz4: "Debian: apt-get install lz4",
};

export default class LeftOut {
  onTestRunEnd(modules) {
    const tests = new Map();
    for (const { note } of modules.flatMap(({ children }) => [...children.allTests("skipped")].map((test) => test.result()))) {
      const name = MISSING.exec(note ?? "")?.[1];
      if (name !== undefined) tests.set(name, (tests.get(name) ?? 0) + 1);
    }
    if (tests.size === 0) return;
    console.log("Left out, because it is not installed on this machine:");
    for (const [name, count] of tests) console.log(`  ${name} (tests: ${count})${name in REMEDIES ? `: ${REMEDIES[name]}` : ""}`);
  }
}
