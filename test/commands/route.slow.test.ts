import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  georeport,
  type ServerProcess,
  type Storage,
  startServer,
  storages,
} from '../harness/server-process.js'
import * as town from '../harness/squareton.js'

const SINCE = ['--since', '2026-01-01']
const ROWS = `service_request_id,service_code,status,requested_datetime,agency_responsible,lat,long
west-open,POTHOLE,open,2026-05-01T00:00:00Z,Wrong,52,10.5
west-closed,POTHOLE,closed,2026-05-01T00:00:00Z,Wrong,52,10.5
west-old,POTHOLE,open,2025-12-31T00:00:00Z,Wrong,52,10.5
west-right,POTHOLE,open,2026-05-01T00:00:00Z,Streets West,52,10.5
`

describe.each(storages)('georeport route on $kind', ({ create }) => {
  let storage: Storage
  let served: ServerProcess
  let folder: string
  const run = (...argv: string[]) => georeport(served.environment, ...argv)
  const agencies = async () => {
    const { out } = await run(
      'sql',
      'select service_request_id as id, agency_responsible as agency from service_request order by id',
    )
    return Object.fromEntries(
      out.split('\n').map((line) => {
        const { id, agency } = JSON.parse(line) as { id: string; agency: string }
        return [id, agency]
      }),
    )
  }
  const BEFORE = {
    'west-open': 'Wrong',
    'west-closed': 'Wrong',
    'west-old': 'Wrong',
    'west-right': 'Streets West',
  }

  beforeAll(async () => {
    storage = await create()
    served = await startServer(storage, { DEMO: 'false' })
    folder = await town.createFolder()
    await town.writeTown(folder)
    const csv = join(folder, 'rows.csv')
    await writeFile(csv, ROWS)
    expect(await run('load', folder)).toMatchObject({ exit: 0 })
    const imported = await run('import', 'csv', csv, '--jurisdiction', town.SQUARETON)
    expect(imported).toMatchObject({ exit: 0, out: expect.stringContaining('4 new') })
    await run('sql', `update service_request set origin = 'submission'`)
  })
  beforeEach(() => town.writeTown(folder))
  afterAll(async () => {
    await served?.stop()
    await storage?.remove()
    await rm(folder, { recursive: true, force: true })
  })

  test('EXT-26 requires --since, and --dry-run with a folder', async () => {
    expect(await run('route', ...SINCE, folder)).toMatchObject({
      exit: 1,
      out: '',
      messages: expect.stringContaining('--dry-run'),
    })
    expect(await run('route', '--dry-run')).toMatchObject({
      exit: 2,
      messages: expect.stringContaining('--since'),
    })
    expect(await run('route', '--dry-run', '--since', 'Monday')).toMatchObject({
      exit: 1,
      messages: expect.stringContaining('Monday'),
    })
    expect(await agencies()).toEqual(BEFORE)
  })

  test('EXT-26 a dry run with a folder prints the reassignments of its routes, and changes nothing', async () => {
    await town.writeTown(folder, {
      services: [{ service_code: 'POTHOLE', service_name: 'Pothole', agency_responsible: 'Roads' }],
    })
    const { exit, out, messages } = await run('route', '--dry-run', ...SINCE, folder)
    expect(exit).toBe(0)
    expect(out.split('\n')).toEqual([
      'squareton.example POTHOLE: Streets West -> Roads: 1 service requests, 1 of them open and submitted here',
      'squareton.example POTHOLE: Wrong -> Roads: 2 service requests, 1 of them open and submitted here',
    ])
    expect(messages).toContain('nothing was changed')
    expect(await agencies()).toEqual(BEFORE)
    expect((await run('route', '--dry-run', ...SINCE)).out).toContain('Wrong -> Streets West')
  })

  test('EXT-26 a dry run prints misrouted service requests; without it, open ones are reassigned', async () => {
    const misrouted =
      'squareton.example POTHOLE: Wrong -> Streets West: 2 service requests, 1 of them open and submitted here'
    expect(await run('route', '--dry-run', ...SINCE)).toMatchObject({
      exit: 0,
      out: misrouted,
      messages: expect.stringContaining('nothing was changed'),
    })
    expect(await agencies()).toEqual(BEFORE)
    expect((await run('route', ...SINCE)).out.split('\n')).toEqual([
      misrouted,
      '1 open service requests were reassigned',
    ])
    expect(await agencies()).toEqual({ ...BEFORE, 'west-open': 'Streets West' })
    expect((await run('route', ...SINCE)).out).toContain('0 open service requests')
  })
})
