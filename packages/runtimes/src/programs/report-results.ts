/** How pages and their workers get the situation and send results. */
import type { CheckResult } from "../checks/check.js";
import type { Situation } from "./run-list.js";

export async function report(run: (situation: Situation) => Promise<CheckResult[]>): Promise<void> {
  const query = new URLSearchParams(location.search);
  const answer = await run(JSON.parse(query.get("situation") ?? "")).catch((error: unknown) => ({ error: String(error) }));
  await fetch(`/results/${query.get("run")}`, { method: "POST", body: JSON.stringify(answer) });
}
