/** A worker of an edge runtime that verifies the capture in a request's body: the program whose bundles docs/bundlers.md measures. */
import { verifyStream } from "@memslice/msl";

export default {
  async fetch(request: Request): Promise<Response> {
    return new Response(request.body && (await verifyStream(request.body)).verdict);
  },
};
