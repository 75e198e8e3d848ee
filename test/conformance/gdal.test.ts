import { describe, expect, test } from 'vitest'
import { COORDINATE_OPTIONS, ogrinfo, requireGdal } from '../harness/ogrinfo.js'
import { get } from './client.js'
import { getPastWindow } from './explore.js'
import { parseJson } from './response.js'
import { targets } from './targets.js'

interface Row {
  service_request_id: string
  lat: number | null
  long: number | null
}
type Points = Record<string, [long: number, lat: number] | null>

/** Returns the point that GDAL reads for each service request. */
function parsePoints(output: string): Points {
  const features = output.split(/^OGRFeature\(.*$/m).slice(1)
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

// GDAL itself reads the URL, as QGIS does.
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
    options: COORDINATE_OPTIONS,
    id: 'service_request_id',
  },
  { driver: 'GeoRSS', format: 'rss', before: '/vsicurl/', options: [], id: 'guid' },
]

describe.each(targets)('$name', (target) => {
  test.skipIf(!target.own).for(layers)(
    'EXT-20 GDAL reads requests.$format from the server with the same rows and points as in JSON',
    async ({ driver, format, before, options, id }, { skip }) => {
      requireGdal(skip)
      for (const args of [
        getPastWindow(),
        { ...getPastWindow(), status: 'open', bbox: '-91.56,40.05,-91.43,40.15' },
        { ...getPastWindow(), page: '2', page_size: '10' },
      ]) {
        const rows = parseJson(await get(target, 'json', '/requests', args)) as Row[]
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
        expect(parsePoints(features)).toEqual(
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

  test.skipIf(!target.own)('EXT-20 the list for GDAL has rows with and without coordinates', async () => {
    const rows = parseJson(await get(target, 'json', '/requests', getPastWindow())) as Row[]
    expect(rows.filter(({ lat }) => lat === null).length).toBeGreaterThan(0)
    expect(rows.filter(({ lat }) => lat !== null).length).toBeGreaterThan(50)
  })
})
