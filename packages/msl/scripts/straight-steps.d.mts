export function straightSteps(): Record<string, string>;
