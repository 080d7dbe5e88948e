/**
 * For workerd, wrongly bundled without the condition `workerd`. The body of a request is a capture; the response tells how each call
 * ended.
 */
import { outcomesOf } from "./outcomes.js";

export default {
  async fetch(request: Request): Promise<Response> {
    const capture = new Uint8Array(await request.arrayBuffer());
    return Response.json(await outcomesOf(capture, ["inspectCapture", "openCapture", "verifyStream"]));
  },
};
