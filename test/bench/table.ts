/** Lines of a table: columns of words begin at the left, those of figures end at the right. */
export function table(head: string[], rows: string[][]): string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  )
  const isOfWords = head.map((_, column) => rows.some((row) => /^[a-z]{2}/i.test(row[column]!)))
  const line = (cells: string[]) =>
    cells
      .map((cell, column) =>
        isOfWords[column] ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join('  ')
      .trimEnd()
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)]
}
