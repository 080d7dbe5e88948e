/** `npm run bench -- [SCENARIO...]`: runs the named scenarios, or all. */
import type { Scenario } from "./scenario.js";
import { bombMemory } from "./scenarios/bomb-memory.js";
import { streamMemory } from "./scenarios/stream-memory.js";

const SCENARIOS: readonly Scenario[] = [streamMemory, bombMemory];

const names = process.argv.slice(2);
const unknown = names.find((name) => !SCENARIOS.some((scenario) => scenario.name === name));
if (unknown !== undefined) {
  const known = SCENARIOS.map(({ name, summary }) => `  ${name.padEnd(16)}${summary}`).join("\n");
  process.stderr.write(`There is no scenario ${JSON.stringify(unknown)}. There are:\n${known}\n`);
  process.exit(2);
}
for (const scenario of SCENARIOS.filter(({ name }) => names.length === 0 || names.includes(name))) {
  process.stdout.write(`${scenario.name}: ${scenario.summary}\n`);
  for (const line of scenario.run()) process.stdout.write(`  ${line}\n`);
}
