import { describe, expect, test } from 'vitest'
import { needGdal, ogrinfo, PLACE } from '../harness/ogrinfo.js'
import { jsonOf } from './answer.js'
import { get } from './client.js'
import { pastWindow } from './exploring.js'
import { targets } from './targets.js'

interface Row {
  service_request_id: string
  lat: number | null
  long: number | null
}
type Places = Record<string, [long: number, lat: number] | null>

/** The service request of each feature, and the place GDAL sees for it. */
function placesIn(told: string): Places {
  const features = told.split(/^OGRFeature\(.*$/m).slice(1)
  return Object.fromEntries(
    features.map((feature) => {
      const id = / = (?:.*\/requests\/)?(.*?)(?:\.xml)?$/m.exec(feature)![1]!
      const [, long, lat] = /^ {2}POINT \((\S+) (\S+)\)$/m.exec(feature) ?? []
      return [decodeURIComponent(id), long && lat ? [Number(long), Number(lat)] : null]
    }),
  )
}

const degrees = (list: (number | null)[], of: (...each: number[]) => number) =>
  of(...list.filter((each) => each !== null)).toFixed(6)

// The address is given to GDAL itself, as a person would to QGIS.
const layers = [
  {
    driver: 'GeoJSON',
    format: 'geojson',
    before: '',
    options: [],
    id: 'service_request_id',
  },
  {
    driver: 'CSV',
    format: 'csv',
    before: 'CSV:/vsicurl/',
    options: PLACE,
    id: 'service_request_id',
  },
  { driver: 'GeoRSS', format: 'rss', before: '/vsicurl/', options: [], id: 'guid' },
]

describe.each(targets)('$name', (target) => {
  test.skipIf(!target.own).for(layers)(
    'EXT-20 GDAL reads requests.$format from the server: the same rows at the same places as in JSON',
    async ({ driver, format, before, options, id }, { skip }) => {
      needGdal(skip)
      for (const args of [
        pastWindow(),
        { ...pastWindow(), status: 'open', bbox: '-91.56,40.05,-91.43,40.15' },
        { ...pastWindow(), page: '2', page_size: '10' },
      ]) {
        const rows = jsonOf(await get(target, 'json', '/requests', args)) as Row[]
        const [lats, longs] = [rows.map(({ lat }) => lat), rows.map(({ long }) => long)]
        const address = `${before}${target.url}/requests.${format}?${new URLSearchParams(args)}`

        const summary = ogrinfo('-so', ...options, address)
        expect(summary).toContain(`using driver \`${driver}'`)
        expect(summary).toContain('Geometry: Point')
        expect(summary).toContain(`Feature Count: ${rows.length}\n`)
        expect(summary).toContain(
          `Extent: (${degrees(longs, Math.min)}, ${degrees(lats, Math.min)}) - (${degrees(longs, Math.max)}, ${degrees(lats, Math.max)})`,
        )
        const layer = /^Layer name: (.*)$/m.exec(summary)![1]
        const features = ogrinfo(...options, '-sql', `select ${id} from "${layer}"`, address)
        expect(placesIn(features)).toEqual(
          Object.fromEntries(
            rows.map(({ service_request_id, lat, long }) => [
              service_request_id,
              lat === null || long === null ? null : [long, lat],
            ]),
          ),
        )
      }
    },
  )

  test.skipIf(!target.own)('EXT-20 what GDAL is given holds rows with and without a place', async () => {
    const rows = jsonOf(await get(target, 'json', '/requests', pastWindow())) as Row[]
    expect(rows.filter(({ lat }) => lat === null).length).toBeGreaterThan(0)
    expect(rows.filter(({ lat }) => lat !== null).length).toBeGreaterThan(50)
  })
})
