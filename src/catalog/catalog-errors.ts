/** An error in a catalog file. */
export interface CatalogError {
  file: string
  /** Such as `services.3.type`; empty for the whole file. */
  path: string
  message: string
}

/** All errors in the files of a city folder. The message has one line per error. */
export class CatalogErrors extends Error {
  constructor(readonly errors: readonly CatalogError[]) {
    super(errors.map(({ file, path, message }) => `${file}: ${path && `${path}: `}${message}`).join('\n'))
    this.name = 'CatalogErrors'
  }
}
