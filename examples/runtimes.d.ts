/** The globals of Deno and Bun that the examples use. Programs of yours get the types of their runtime: `deno check`, or `@types/bun`. */
declare const Deno: {
  readonly args: readonly string[];
  open(path: string): Promise<{ readonly readable: ReadableStream<Uint8Array> }>;
  exit(status: number): never;
};

declare const Bun: {
  readonly argv: readonly string[];
  file(path: string): Blob;
};
