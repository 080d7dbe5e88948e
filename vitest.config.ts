import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

export default defineConfig({
  resolve: {
    // Tests import a package's sources; its platform files must then be sources too, or classes would exist twice.
    alias: {
      "#core-binary": path("packages/core-wasm/src/binary/inlined.ts"),
      "#encode-binary": path("packages/core-wasm/src/encode/binary/inlined.ts"),
      "#scan-binary": path("packages/core-wasm/src/scan/binary/inlined.ts"),
      "#aead": path("packages/msl/src/encryption/aead/aead-node.ts"),
      "#argon2": path("packages/msl/src/encryption/argon2/argon2-hash-wasm.ts"),
      "#file-source": path("packages/msl/src/source/file-source.ts"),
      "#file-sink": path("packages/msl/src/write/file-sink.ts"),
      "#pause": path("packages/msl/src/source/pause.ts"),
      // Built, because workers are started from a file that runs as it is.
      "#threads": path("packages/msl/dist/threads/threads-node.js"),
      "#looking-worker": path("packages/analysis/dist/threads/worker-of-node.js"),
      "#compression-worker": path("packages/msl/src/threads/no-threads.ts"),
      "#hash": path("packages/msl/src/hash/platform-node.ts"),
    },
  },
  test: {
    include: ["packages/*/test/**/*.test.ts"],
    testTimeout: 60_000,
  },
});
