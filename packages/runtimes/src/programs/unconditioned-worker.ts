/**
 * For workerd, wrongly bundled without the condition `workerd`. The body of a request is a capture; the response tells how each call
 * ended.
 */
import { inspectCapture, openCapture, verifyStream } from "@memslice/msl";

const CALLS = {
  inspectCapture,
  openCapture,
  verifyStream: (capture: Uint8Array) => verifyStream([capture]),
};

async function outcomeOf(call: (capture: Uint8Array) => Promise<unknown>, capture: Uint8Array): Promise<object> {
  try {
    await call(capture);
    return { done: true };
  } catch (error) {
    const { name, code, message } = error as { name: string; code?: string; message: string };
    return { name, code, message };
  }
}

export default {
  async fetch(request: Request): Promise<Response> {
    const capture = new Uint8Array(await request.arrayBuffer());
    const outcomes: Record<string, object> = {};
    for (const [name, call] of Object.entries(CALLS)) outcomes[name] = await outcomeOf(call, capture);
    return Response.json(outcomes);
  },
};
