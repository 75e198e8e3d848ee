import { readFileSync } from 'node:fs'
import { distance } from '@turf/turf'
import { describe, expect, test } from 'vitest'
import { get, sendRequest } from './client.js'
import { getPastWindow } from './explore.js'
import { describeResponse, expectErrors, first, parseJson } from './response.js'
import { targets } from './targets.js'

// Defects in filters of other Open311 servers that no other test of this suite detects.

interface Row {
  service_request_id: string
  status: string
  service_code: string
  updated_datetime: string
  agency_responsible: string | null
  lat: number | null
  long: number | null
  media_url: string | null
  extended_attributes: {
    channel: string | null
    areas: { area_type: string; area_id: string }[]
  }
}
const getRowIds = (rows: Row[]) => rows.map((row) => row.service_request_id)
const EXTENSIONS = readFileSync(new URL('../../spec/extensions.md', import.meta.url), 'utf8')

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const getRows = async (args: Record<string, string>) =>
    parseJson(await get(target, 'json', '/requests', args)) as Row[]

  own.for(target.formats)(
    'EXT-10 EXT-17 refuses invalid coordinates and dates instead of ignoring them, in %s',
    async (format) => {
      for (const [args, name] of [
        [{ lat: '999', long: '0', radius: '10' }, /\blat\b/],
        [{ lat: '0', long: '181', radius: '10' }, /\blong\b/],
        [{ lat: 'x', long: '0', radius: '10' }, /\blat\b/],
        [{ updated_after: '2026-02-30' }, /updated_after/],
        [{ updated_before: 'soon' }, /updated_before/],
        [{ updated_before: '01/02/2026', sort: 'updated' }, /updated_before/],
      ] as const)
        expectErrors(await get(target, format, '/requests', args), format, 400, name)
    },
  )

  own('EXT-17 updated_after selects later requests, and updated_before earlier ones', async () => {
    const all = await getRows(getPastWindow())
    const times = all.map((row) => row.updated_datetime).sort()
    const middle = times[Math.floor(times.length / 2)]!
    const after = all.filter((row) => row.updated_datetime >= middle)
    const before = all.filter((row) => row.updated_datetime <= middle)
    expect(Math.min(after.length, before.length)).toBeGreaterThan(0)
    expect(Math.max(after.length, before.length)).toBeLessThan(all.length)
    expect(getRowIds(await getRows({ ...getPastWindow(), updated_after: middle }))).toEqual(getRowIds(after))
    expect(getRowIds(await getRows({ ...getPastWindow(), updated_before: middle }))).toEqual(
      getRowIds(before),
    )
    const fraction = middle.replace('Z', '.250+00:00')
    expect(getRowIds(await getRows({ ...getPastWindow(), updated_before: fraction }))).toEqual(
      getRowIds(before),
    )
  })

  own('EXT-10 EXT-11 EXT-12 EXT-13 EXT-18 every documented filter selects the matching rows', async () => {
    const all = await getRows({ ...getPastWindow(), extensions: 'true' })
    const located = all.find((row) => row.lat !== null && row.extended_attributes.areas.length > 0)!
    const { area_type, area_id } = first(located.extended_attributes.areas)
    const corner = { lat: 40.1, long: -91.5 }
    const isNorthEast = (row: Row) => row.lat !== null && row.long! >= corner.long && row.lat >= corner.lat
    const getDistance = (row: Row) =>
      distance([row.long!, row.lat!], [corner.long, corner.lat], { units: 'meters' })
    const filters: [args: Record<string, string>, holds: (row: Row) => boolean][] = [
      [{ service_code: located.service_code }, (row) => row.service_code === located.service_code],
      [{ status: 'open' }, (row) => row.status === 'open'],
      [{ bbox: '-91.5,40.1,-91,41' }, isNorthEast],
      [{ polygon: 'POLYGON((-91.5 40.1,-91 40.1,-91 41,-91.5 41,-91.5 40.1))' }, isNorthEast],
      [{ lat: '40.1', long: '-91.5', radius: '2500' }, (row) => row.lat !== null && getDistance(row) <= 2500],
      [
        { area: `${area_type}:${area_id}` },
        (row) =>
          row.extended_attributes.areas.some(
            (area) => `${area.area_id}` === area_id && area.area_type === area_type,
          ),
      ],
      [
        { agency_responsible: located.agency_responsible! },
        (row) => row.agency_responsible === located.agency_responsible,
      ],
      [
        { channel: located.extended_attributes.channel! },
        (row) => row.extended_attributes.channel === located.extended_attributes.channel,
      ],
      [{ has_media: 'true' }, (row) => row.media_url !== null],
      [{ has_media: 'false' }, (row) => row.media_url === null],
    ]
    for (const [args, holds] of filters) {
      const expected = all.filter(holds)
      expect(expected.length, JSON.stringify(args)).toBeGreaterThan(0)
      expect(expected.length, JSON.stringify(args)).toBeLessThan(all.length)
      // Distances on the sphere and the spheroid differ, so points at the edge are not compared.
      const isClear = (row: Row) =>
        !('radius' in args) || row.lat === null || Math.abs(getDistance(row) - 2500) > 25
      const filtered = await getRows({ ...getPastWindow(), ...args })
      expect(getRowIds(filtered.filter(isClear)), JSON.stringify(args)).toEqual(
        getRowIds(expected.filter(isClear)),
      )
      for (const name of Object.keys(args))
        expect(name in { service_code: 1, status: 1 } || EXTENSIONS.includes(`\`${name}`), name).toBe(true)
    }
  })

  own(
    'EXT-01 EXT-16 EXT-21 every documented example works, and each of its arguments has an effect',
    async () => {
      const examples = [...EXTENSIONS.matchAll(/^GET (?:https:\/\/city\.example)?\/open311\/v2(\/?\S*)/gm)]
      expect(examples.length).toBeGreaterThan(6)
      for (const [, path] of examples) {
        const [route, query] = path!.split('?')
        // Ids in examples do not exist.
        if (/^\/requests\//.test(route!)) continue
        const response = await sendRequest(target, path!)
        expect(response.status, describeResponse(response)).toBe(200)
        if (route !== '/requests.json') continue
        for (const name of new URLSearchParams(query).keys()) {
          const args = new URLSearchParams(query)
          args.set(name, 'banana')
          const changed = await sendRequest(target, route, args.toString())
          if (changed.status !== 200) expectErrors(changed, 'json', [400, 404], new RegExp(name))
          else expect(parseJson(changed), `${name}=banana changed nothing`).toEqual([])
        }
      }
    },
  )
})
