export function declaredTypes(): Record<string, string>;
