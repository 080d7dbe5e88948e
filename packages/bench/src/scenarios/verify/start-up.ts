/** What it takes until the core works, in times of a Node process that does nothing. */
import { fileURLToPath } from "node:url";
import { againstBareNode } from "../../harness/child-process.js";
import type { Bar, Finding } from "../../harness/findings.js";
import type { ScenarioOptions } from "../../scenario.js";

const STARTS: readonly { readonly title: string; readonly child: string; readonly bar?: Bar }[] = [
  { title: "compiling and instantiating core.wasm", child: "compile-core.js", bar: { atMost: 0.03 } },
  { title: "the first Core of a process", child: "start-core.js" },
];

export function* startUp({ quick }: ScenarioOptions): Generator<Finding> {
  for (const { title, child, bar } of STARTS) {
    const script = fileURLToPath(new URL(`../../children/${child}`, import.meta.url));
    yield {
      kind: "figure",
      title,
      value: againstBareNode([script], quick ? 5 : 21),
      unit: "of the time of a bare Node process",
      ...(bar && { bar }),
    };
  }
}
