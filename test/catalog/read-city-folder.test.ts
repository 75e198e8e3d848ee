import { expect, test } from 'vitest'
import { CatalogErrors } from '../../src/catalog/catalog-errors.js'
import { readCityFolders } from '../../src/catalog/read-city-folder.js'

async function readFaults(folder: string): Promise<string[]> {
  const error = await readCityFolders(folder).then(
    () => null,
    (caught) => caught,
  )
  expect(error).toBeInstanceOf(CatalogErrors)
  return (error as CatalogErrors).message.split('\n')
}

test('reports all faults of a folder together, with file, path and reason', async () => {
  await expect((await readFaults('fixtures/odd/faults')).sort().join('\n')).toMatchFileSnapshot('faults.txt')
})

test('reports invalid YAML with its line and column', async () => {
  expect(await readFaults('fixtures/odd/broken-yaml')).toEqual([
    expect.stringMatching(/^fixtures\/odd\/broken-yaml\/jurisdiction\.yaml: line \d+, column \d+: /),
  ])
})

test('refuses a jurisdiction in two folders, a folder without a jurisdiction, and a missing folder', async () => {
  expect(await readFaults('fixtures/odd/two-of-one')).toEqual([
    'fixtures/odd/two-of-one: jurisdiction_id one.example is in two folders',
  ])
  expect(await readFaults('fixtures/rivertown/areas')).toEqual([
    expect.stringContaining('has no jurisdiction.yaml'),
  ])
  expect(await readFaults('fixtures/nowhere')).toEqual(['fixtures/nowhere: is not a folder that can be read'])
})

test('GR-SVC-08 GR-SVC-10 GR-DEF-12 the folders in fixtures have no faults', async () => {
  for (const folder of ['fixtures/rivertown', 'fixtures/two-towns', 'fixtures/odd/bowtie'])
    await readCityFolders(folder)
})
