/** One fault of a catalog file. */
export interface CatalogError {
  file: string
  /** Where in the file: `services.3.type`; empty for the whole file. */
  path: string
  message: string
}

/** All that is wrong with the files of a folder. */
export class CatalogErrors extends Error {
  constructor(readonly faults: readonly CatalogError[]) {
    super(faults.map(({ file, path, message }) => `${file}: ${path && `${path}: `}${message}`).join('\n'))
    this.name = 'CatalogFaults'
  }
}
