export function referencePages(): Record<string, string>;
export function optionTablesPage(title: string, subject: string, written: string, tables: readonly object[]): string;
