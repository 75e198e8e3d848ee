import { fileURLToPath } from 'node:url'

/** Path of a file of the package, beside src/ and dist/. */
const resolveShipped = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url))

export const MIGRATIONS = resolveShipped('migrations')
export const DEMONSTRATION_CITY = resolveShipped('fixtures/rivertown')
