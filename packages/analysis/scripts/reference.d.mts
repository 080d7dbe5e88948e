export function analysisPages(): Record<string, string>;
