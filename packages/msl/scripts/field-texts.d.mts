export const FIELD_TEXTS: Record<string, Record<string, string>>;
