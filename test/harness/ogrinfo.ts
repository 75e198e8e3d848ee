import { spawnSync } from 'node:child_process'
import { expect } from 'vitest'

const isThere = spawnSync('ogrinfo', ['--version']).status === 0

/** How GDAL is told where the place stands in a table. */
export const COORDINATE_OPTIONS = ['-oo', 'X_POSSIBLE_NAMES=long', '-oo', 'Y_POSSIBLE_NAMES=lat']

/** Skips a test where GDAL is not at hand; where every change is checked it has to be. */
export function requireGdal(skip: (why: string) => void): void {
  const why = 'ogrinfo is not installed (Debian: apt-get install gdal-bin)'
  if (!isThere && process.env.CI) throw new Error(why)
  if (!isThere) skip(why)
}

/** What GDAL says about all layers of a file or an address. */
export function ogrinfo(...argv: string[]): string {
  const { stdout, stderr, status } = spawnSync('ogrinfo', ['-ro', '-al', ...argv], {
    encoding: 'utf8',
    maxBuffer: 1e8,
  })
  expect(status, stderr).toBe(0)
  expect(stderr).not.toContain('ERROR')
  return stdout
}
