/** Workers that compress for one writer. If there are none, the thread of the caller compresses. */
import { MslError } from "../errors.js";
import { buffersOf, type CompressionAnswer, jobOf } from "../threads/compression-worker.js";
import { WorkerTeam } from "../threads/worker-team.js";
import { type CompressionRules, compressPayload, type StoredPayload } from "./compress-payload.js";

export class CompressionTeam {
  readonly #team: WorkerTeam<CompressionAnswer>;
  #dismissed: MslError | undefined;

  constructor(threads: number) {
    this.#team = new WorkerTeam({ kind: "compression", threads, holdsWhileStarting: true });
  }

  /**
   * The buffers of the payload and of the offered data belong to the team from now on, and must hold nothing else. Rejects with the errors of
   * `compressPayload`, and with `internal` if the worker ended before it answered.
   */
  async compress(payload: Uint8Array, rules: CompressionRules): Promise<StoredPayload> {
    const answer = await this.#team.run(() => {
      const message = jobOf(payload, rules);
      return { message, transfer: buffersOf(message) };
    }).result;
    if (typeof answer === "string") {
      if (this.#dismissed) throw this.#dismissed;
      if (answer === "worker ended") throw new MslError("internal", "The worker that compressed it ended before it was done");
      return compressHere(payload, rules);
    }
    if (answer.kind === "failed") throw new MslError(answer.code, answer.message);
    const { bytes, flags, kept } = answer;
    return { bytes: new Uint8Array(bytes), flags, kept };
  }

  /** Ends all workers, and rejects all that is not compressed yet. */
  dismiss(): void {
    this.#dismissed ??= new MslError("closed", "The writer was closed while its payloads were being compressed");
    this.#team.dismiss();
  }
}

function compressHere(payload: Uint8Array, rules: CompressionRules): StoredPayload {
  try {
    return compressPayload(payload, rules);
  } catch (error) {
    throw error instanceof MslError ? error : new MslError("internal", String(error), { cause: error });
  }
}
