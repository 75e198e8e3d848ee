import { readFileSync } from 'node:fs'
import { distance } from '@turf/turf'
import { describe, expect, test } from 'vitest'
import { about, expectErrors, first, jsonOf } from './answer.js'
import { call, get } from './client.js'
import { pastWindow } from './exploring.js'
import { targets } from './targets.js'

// Faults of filters that other Open311 servers have had, for which no other test of this suite would be red.

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
const idsOf = (rows: Row[]) => rows.map((row) => row.service_request_id)
const EXTENSIONS = readFileSync(new URL('../../spec/extensions.md', import.meta.url), 'utf8')

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const rowsOf = async (args: Record<string, string>) =>
    jsonOf(await get(target, 'json', '/requests', args)) as Row[]

  own.for(target.formats)(
    'EXT-10 EXT-17 a degree that is none, and dates that are none, are refused and not dropped, in %s',
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

  own('EXT-17 the comparators of updated_after and updated_before are not reversed', async () => {
    const all = await rowsOf(pastWindow())
    const times = all.map((row) => row.updated_datetime).sort()
    const middle = times[Math.floor(times.length / 2)]!
    const after = all.filter((row) => row.updated_datetime >= middle)
    const before = all.filter((row) => row.updated_datetime <= middle)
    expect(Math.min(after.length, before.length)).toBeGreaterThan(0)
    expect(Math.max(after.length, before.length)).toBeLessThan(all.length)
    expect(idsOf(await rowsOf({ ...pastWindow(), updated_after: middle }))).toEqual(idsOf(after))
    expect(idsOf(await rowsOf({ ...pastWindow(), updated_before: middle }))).toEqual(idsOf(before))
    const fraction = middle.replace('Z', '.250+00:00')
    expect(idsOf(await rowsOf({ ...pastWindow(), updated_before: fraction }))).toEqual(idsOf(before))
  })

  own(
    'EXT-10 EXT-11 EXT-12 EXT-13 EXT-18 the documents promise no filter that the server lacks',
    async () => {
      const all = await rowsOf({ ...pastWindow(), extensions: 'true' })
      const located = all.find((row) => row.lat !== null && row.extended_attributes.areas.length > 0)!
      const { area_type, area_id } = first(located.extended_attributes.areas)
      const corner = { lat: 40.1, long: -91.5 }
      const isEast = (row: Row) => row.lat !== null && row.long! >= corner.long && row.lat >= corner.lat
      const metres = (row: Row) =>
        distance([row.long!, row.lat!], [corner.long, corner.lat], { units: 'meters' })
      const filters: [args: Record<string, string>, holds: (row: Row) => boolean][] = [
        [{ service_code: located.service_code }, (row) => row.service_code === located.service_code],
        [{ status: 'open' }, (row) => row.status === 'open'],
        [{ bbox: '-91.5,40.1,-91,41' }, isEast],
        [{ polygon: 'POLYGON((-91.5 40.1,-91 40.1,-91 41,-91.5 41,-91.5 40.1))' }, isEast],
        [{ lat: '40.1', long: '-91.5', radius: '2500' }, (row) => row.lat !== null && metres(row) <= 2500],
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
        const wanted = all.filter(holds)
        expect(wanted.length, JSON.stringify(args)).toBeGreaterThan(0)
        expect(wanted.length, JSON.stringify(args)).toBeLessThan(all.length)
        // A circle on a ball is not quite one on the spheroid: what is at its edge may be in or out.
        const isClear = (row: Row) =>
          !('radius' in args) || row.lat === null || Math.abs(metres(row) - 2500) > 25
        const found = await rowsOf({ ...pastWindow(), ...args })
        expect(idsOf(found.filter(isClear)), JSON.stringify(args)).toEqual(idsOf(wanted.filter(isClear)))
        for (const name of Object.keys(args))
          expect(name in { service_code: 1, status: 1 } || EXTENSIONS.includes(`\`${name}`), name).toBe(true)
      }
    },
  )

  own('EXT-01 EXT-16 EXT-21 every path and argument that the documents show is alive', async () => {
    const shown = [...EXTENSIONS.matchAll(/^GET (?:https:\/\/city\.example)?\/open311\/v2(\/?\S*)/gm)]
    expect(shown.length).toBeGreaterThan(6)
    for (const [, path] of shown) {
      const [where, query] = path!.split('?')
      // An id in an example is nobody's.
      if (/^\/requests\//.test(where!)) continue
      const answer = await call(target, path!)
      expect(answer.status, about(answer)).toBe(200)
      if (where !== '/requests.json') continue
      for (const name of new URLSearchParams(query).keys()) {
        const args = new URLSearchParams(query)
        args.set(name, 'banana')
        const said = await call(target, where, args.toString())
        if (said.status !== 200) expectErrors(said, 'json', [400, 404], new RegExp(name))
        else expect(jsonOf(said), `${name}=banana changed nothing`).toEqual([])
      }
    }
  })
})
