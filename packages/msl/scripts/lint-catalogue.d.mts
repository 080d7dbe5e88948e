export function lintCatalogue(): Record<string, string>;
