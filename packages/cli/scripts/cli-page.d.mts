export function cliPage(): Promise<Record<string, string>>;
