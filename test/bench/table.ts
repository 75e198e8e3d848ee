/** Formats a table as lines. Text columns are left-aligned, number columns right-aligned. */
export function formatTable(head: string[], rows: string[][]): string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  )
  const isText = head.map((_, column) => rows.some((row) => /^[a-z]{2}/i.test(row[column]!)))
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => (isText[column] ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd()
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)]
}
