export function jsonSchemas(): Record<string, string>;
