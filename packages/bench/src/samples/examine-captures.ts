/** Examines captures one after the other and reports each to the parent process. Argument: an ExaminePlan as JSON. */
import { examine } from "./examine.js";
import type { ExamineMessage, ExaminePlan } from "./find-captures.js";

const { folder, paths, quick } = JSON.parse(process.argv[2] ?? "") as ExaminePlan;
for (const path of paths) {
  await tell({ starting: path });
  await tell({ finding: await examine(folder, path, quick) });
}
process.disconnect();

function tell(message: ExamineMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, undefined, {}, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}
