/**
 * Formats lines for a terminal: cells in columns, the first column aligned left, the others right.
 *
 * @param rows the head first; cells for columns that the head lacks are left out
 */
export function textTable(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    widths
      .map((width, column) =>
        column === 0 ? (row[column] ?? '').padEnd(width) : (row[column] ?? '').padStart(width),
      )
      .join('  '),
  )
}
