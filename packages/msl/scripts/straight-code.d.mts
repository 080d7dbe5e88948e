export function straightCode(): Record<string, string>;
