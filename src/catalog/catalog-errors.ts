/** One fault of a catalog file. */
export interface Fault {
  file: string
  /** Where in the file: `services.3.type`; empty for the whole file. */
  path: string
  message: string
}

/** All that is wrong with the files of a folder. */
export class CatalogFaults extends Error {
  constructor(readonly faults: readonly Fault[]) {
    super(faults.map(({ file, path, message }) => `${file}: ${path && `${path}: `}${message}`).join('\n'))
    this.name = 'CatalogFaults'
  }
}
