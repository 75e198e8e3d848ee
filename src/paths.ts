import { fileURLToPath } from 'node:url'

/** Files that come with the program, beside src/ and dist/. */
const shipped = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url))

export const MIGRATIONS = shipped('migrations')
export const DEMONSTRATION_CITY = shipped('fixtures/rivertown')
