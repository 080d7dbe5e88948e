export function straightDecoders(): Record<string, string>;
