import { spawnSync } from 'node:child_process'
import { expect } from 'vitest'

const isInstalled = spawnSync('ogrinfo', ['--version']).status === 0

/** Options that name the columns of the coordinates in a table. */
export const COORDINATE_OPTIONS = ['-oo', 'X_POSSIBLE_NAMES=long', '-oo', 'Y_POSSIBLE_NAMES=lat']

/** Skips a test if GDAL is not installed; in CI that is an error. */
export function requireGdal(skip: (reason: string) => void): void {
  const reason = 'ogrinfo is not installed (Debian: apt-get install gdal-bin)'
  if (!isInstalled && process.env.CI) throw new Error(reason)
  if (!isInstalled) skip(reason)
}

/** The report of GDAL about all layers of a file or a URL. */
export function ogrinfo(...argv: string[]): string {
  const { stdout, stderr, status } = spawnSync('ogrinfo', ['-ro', '-al', ...argv], {
    encoding: 'utf8',
    maxBuffer: 1e8,
  })
  expect(status, stderr).toBe(0)
  expect(stderr).not.toContain('ERROR')
  return stdout
}
