import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { area, booleanClockwise, booleanPointInPolygon, kinks } from '@turf/turf'
import type { Feature, FeatureCollection, Polygon } from 'geojson'
import { describe, expect, it } from 'vitest'

function readShapes(path: string): Feature<Polygon>[] {
  const text = readFileSync(join(import.meta.dirname, '../../fixtures', path), 'utf8')
  return (JSON.parse(text) as FeatureCollection<Polygon>).features
}

/** Returns each directed edge of the shapes as 'from to'. A shared border has opposite directions in its two shapes. */
function getEdges(shapes: Feature<Polygon>[]): Set<string> {
  return new Set(
    shapes.flatMap(({ geometry }) =>
      geometry.coordinates[0]!.slice(1).map((end, i) => `${geometry.coordinates[0]![i]} ${end}`),
    ),
  )
}

describe.each([
  ['rivertown/boundary.geojson', 40.1, -91.5],
  ['two-towns/harbourview/boundary.geojson', 43.7, -70.2],
  ['two-towns/millfield/boundary.geojson', 53.9, -1.6],
] as const)('%s', (path, lat, long) => {
  it('is one simple counter-clockwise polygon that contains its town', () => {
    const [shape, ...others] = readShapes(path)
    expect(others).toEqual([])
    expect(booleanClockwise(shape!.geometry.coordinates[0]!)).toBe(false)
    expect(kinks(shape!).features).toEqual([])
    expect(booleanPointInPolygon([long, lat], shape!)).toBe(true)
  })
})

describe.each([
  ['wards', 5],
  ['neighbourhoods', 12],
] as const)('the %s of Rivertown', (areas, count) => {
  const [boundary] = readShapes('rivertown/boundary.geojson')
  const shapes = readShapes(`rivertown/areas/${areas}.geojson`)

  it('cover the city to one square metre and share all vertices of its boundary', () => {
    expect(shapes).toHaveLength(count)
    expect(shapes.flatMap((shape) => kinks(shape).features)).toEqual([])
    const total = shapes.reduce((sum, shape) => sum + area(shape), 0)
    expect(Math.abs(total - area(boundary!))).toBeLessThan(1)
    const edges = getEdges(shapes)
    const outer = [...edges].filter((edge) => !edges.has(edge.split(' ').reverse().join(' ')))
    expect(new Set(outer)).toEqual(getEdges([boundary!]))
  })
})
