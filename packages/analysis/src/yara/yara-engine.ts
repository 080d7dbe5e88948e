/** The package @virustotal/yara-x: what of it is used, and where it is. */

/** Where a worker finds the package. */
export interface YaraEngine {
  /** The address of the script of the package. */
  readonly script: string;
  /**
   * The WebAssembly binary of the package: its bytes (a Uint8Array), its `WebAssembly.Module` or its address. Default: the file beside the script. Only the types
   * of the DOM declare the namespace `WebAssembly`.
   */
  readonly wasm?: object | string;
}

/** The names of the package that are used. */
export interface YaraModule {
  default(options: { readonly module_or_path?: object | string }): Promise<unknown>;
  readonly Compiler: new () => YaraCompiler;
}

interface YaraCompiler {
  addSource(source: string): void;
  build(): YaraRules;
  readonly warnings: readonly string[];
}

interface YaraRules {
  scanner(): YaraScanner;
}

export interface YaraScanner {
  scan(payload: Uint8Array): YaraResult;
  setMaxMatchesPerPattern(most: number): void;
}

export interface YaraResult {
  readonly valid: boolean;
  readonly errors: readonly string[];
  readonly matches: readonly {
    readonly identifier: string;
    readonly namespace: string;
    readonly isPrivate: boolean;
    readonly tags: readonly string[];
    readonly metadata: readonly { readonly identifier: string; readonly value: unknown }[];
    readonly patterns: readonly {
      readonly identifier: string;
      readonly isPrivate: boolean;
      readonly matches: readonly { readonly offset: number; readonly length: number }[];
    }[];
  }[];
}
