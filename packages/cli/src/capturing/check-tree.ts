/** `msl capture --check --tree`: whether each process of a tree can be captured. */
import type { Finding } from "@memslice/acquire";
import type { Invocation } from "../command.js";
import { processJson } from "../documents/process-text.js";
import { ExitStatus } from "../exit-status.js";
import { safeText } from "../terminal/safe-text.js";

/** `findings`: those of the root, which may be captured. Stops nothing. Throws `source` if the root has ended. */
export async function checkTree(pid: number, findings: readonly Finding[], { output, signal }: Invocation): Promise<ExitStatus> {
  const { openProcessTree } = await import("@memslice/acquire");
  const tree = await openProcessTree(pid, { signal });
  tree.end();
  const processes = [...tree.processes].sort((a, b) => a.depth - b.depth || a.pid - b.pid);
  const permitted = processes.every((one) => one.permitted);
  if (output.format === "json") {
    const rows = processes.map(({ dumpUuid: _, permitted: __, depth, findings: own, ...process }) => ({
      ...processJson(process),
      ...{ depth, findings: own },
    }));
    await output.json({ schema: "msl.capture/1", pid, permitted, findings, processes: rows });
  } else {
    const lines = processes.map((one) => {
      const reasons = one.findings.map(({ found, remedy }) => (remedy === "" ? found : `${found}: ${remedy}`));
      const verdict = one.permitted ? "can be captured" : "cannot be captured";
      return [`Process ${one.pid} (${safeText(one.name)}) ${verdict}`, ...reasons].join(". ");
    });
    await output.write(lines.map((line) => `${line}\n`).join(""));
  }
  return permitted ? ExitStatus.Done : ExitStatus.Incomplete;
}
