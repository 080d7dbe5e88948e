/** How calls end in a runtime that compiles no WebAssembly: done, or with which error. */
import { BytesSink, inspectCapture, openCapture, verifyCapture, verifyStream, writeCapture } from "@memslice/msl";

const CAPTURE = {
  header: { osType: 1, archType: 1, pid: 1 },
  blocks: [
    { payload: { kind: "ProcessIdentity", ppid: 1, sessionId: 0, startTimeNs: 0n } },
    { payload: { kind: "ModuleListIndex", entries: [] } },
  ],
} as const;

const CALLS: Readonly<Record<string, (capture: Uint8Array) => Promise<unknown>>> = {
  inspectCapture,
  openCapture,
  verifyCapture,
  verifyStream: (capture) => verifyStream([capture]),
  writeCapture: () => writeCapture(new BytesSink(), CAPTURE),
  "writeCapture with a passphrase": () =>
    writeCapture(new BytesSink(), { ...CAPTURE, encryption: { passphrase: "long enough" } }),
};

/** `only`: names of calls; default all. */
export async function outcomesOf(capture: Uint8Array, only = Object.keys(CALLS)): Promise<Record<string, object>> {
  const outcomes: Record<string, object> = {};
  for (const [name, call] of Object.entries(CALLS)) if (only.includes(name)) outcomes[name] = await outcomeOf(call, capture);
  return outcomes;
}

async function outcomeOf(call: (capture: Uint8Array) => Promise<unknown>, capture: Uint8Array): Promise<object> {
  try {
    await call(capture);
    return { done: true };
  } catch (error) {
    const { name, code, message } = error as { name: string; code?: string; message: string };
    return { name, code, message };
  }
}
