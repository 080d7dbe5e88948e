/** The whole life of a worker that derives a key, on any platform: one job. */
import { argon2id } from "#argon2";
import type { StartingThread } from "../../threads/threads.js";
import type { DerivationJob, DerivationMessage } from "./derivation-task.js";

export function runDerivation({ tell, listen }: StartingThread): void {
  listen(async ({ password, salt, parameters }: DerivationJob) => {
    tell(await answerTo(password, salt, parameters));
  });
  tell({ kind: "ready" } satisfies DerivationMessage);
}

async function answerTo(...[password, salt, parameters]: Parameters<typeof argon2id>): Promise<DerivationMessage> {
  try {
    return { kind: "derived", key: await argon2id(password, salt, parameters) };
  } catch {
    return { kind: "failed" };
  } finally {
    password.fill(0);
  }
}
