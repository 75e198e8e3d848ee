import { expect, test } from 'vitest'
import { CatalogErrors } from '../../src/catalog/catalog-errors.js'
import { readCityFolders } from '../../src/catalog/read-city-folder.js'

async function faultsOf(folder: string): Promise<string[]> {
  const error = await readCityFolders(folder).then(
    () => null,
    (caught) => caught,
  )
  expect(error).toBeInstanceOf(CatalogErrors)
  return (error as CatalogErrors).message.split('\n')
}

test('every fault of a folder is told at once, with file, path and what is wrong', async () => {
  await expect((await faultsOf('fixtures/odd/faults')).sort().join('\n')).toMatchFileSnapshot('faults.txt')
})

test('YAML that cannot be read is told with its line', async () => {
  expect(await faultsOf('fixtures/odd/broken-yaml')).toEqual([
    expect.stringMatching(/^fixtures\/odd\/broken-yaml\/jurisdiction\.yaml: line \d+, column \d+: /),
  ])
})

test('a jurisdiction in two folders, and a folder without any, are refused', async () => {
  expect(await faultsOf('fixtures/odd/two-of-one')).toEqual([
    'fixtures/odd/two-of-one: jurisdiction_id one.example is in two folders',
  ])
  expect(await faultsOf('fixtures/rivertown/areas')).toEqual([
    expect.stringContaining('has no jurisdiction.yaml'),
  ])
  expect(await faultsOf('fixtures/nowhere')).toEqual(['fixtures/nowhere: is not a folder that can be read'])
})

test('GR-SVC-08 GR-SVC-10 GR-DEF-12 the folders we ship have no faults', async () => {
  for (const folder of ['fixtures/rivertown', 'fixtures/two-towns', 'fixtures/odd/bowtie'])
    await readCityFolders(folder)
})
