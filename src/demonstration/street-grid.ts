import type { Point } from '../standard/geography.js'
import type { StreetGrid } from './profile-schema.js'
import { happens, pick, type Random } from './random.js'

/** A point beside a street, with its address. */
export interface StreetPlace extends Point {
  street: string
  address: string
  address_id: string | null
}

type Axis = 'avenues' | 'streets'

const METRES_PER_DEGREE = 111_195
const PARCEL_WIDTH_METRES = 17
const FRONT_YARD_METRES = 13
const KERB_METRES = 4

/** Moves a point by metres east and north. Flat geometry is exact enough for one city. */
export function movePoint(from: Point, east: number, north: number): Point {
  const long = from.long + east / (METRES_PER_DEGREE * Math.cos((from.lat * Math.PI) / 180))
  return { lat: Number((from.lat + north / METRES_PER_DEGREE).toFixed(6)), long: Number(long.toFixed(6)) }
}

/** The metres east and north from one point to another. */
function measureOffset(from: Point, to: Point): [east: number, north: number] {
  const scale = METRES_PER_DEGREE * Math.cos((from.lat * Math.PI) / 180)
  return [(to.long - from.long) * scale, (to.lat - from.lat) * METRES_PER_DEGREE]
}

function rotate([x, y]: [number, number], degrees: number): [number, number] {
  const angle = (degrees * Math.PI) / 180
  return [x * Math.cos(angle) - y * Math.sin(angle), x * Math.sin(angle) + y * Math.cos(angle)]
}

/** The first grid whose circle contains the point. */
export function findGrid(grids: readonly StreetGrid[], point: Point): StreetGrid {
  return grids.find(
    ({ within, origin }) => within === undefined || Math.hypot(...measureOffset(origin, point)) <= within,
  )!
}

function findNearestLine(grid: StreetGrid, axis: Axis, metres: number): number {
  const { first, spacing, names } = grid[axis]
  return Math.min(names.length - 1, Math.max(0, Math.round((metres - first) / spacing)))
}

/** The house number at `along` metres of a street: 100 per block, from the first cross street or from the origin. */
function computeHouseNumber(grid: StreetGrid, cross: Axis, along: number): number {
  const { first, spacing } = grid[cross]
  const blocks = grid.numbers === 'from_first' ? (along - first) / spacing : Math.abs(along) / spacing
  return Math.max(1, Math.floor(blocks * 100))
}

function addDirection(grid: StreetGrid, axis: Axis, along: number, street: string): string {
  if (grid.numbers === 'from_first') return street
  const directions = axis === 'avenues' ? 'SN' : 'WE'
  return `${directions[along < 0 ? 0 : 1]} ${street}`
}

/** Chooses the axis of the street that a point moves to: with `mainShare` a main street nearby, else either axis. */
function chooseAxis(grid: StreetGrid, at: Record<Axis, number>, mainShare: number, random: Random): Axis {
  const mainAxes = (['avenues', 'streets'] as const).filter((axis) =>
    grid.main.includes(grid[axis].names[findNearestLine(grid, axis, at[axis])]!),
  )
  return happens(random, mainShare) && mainAxes.length > 0
    ? pick(random, mainAxes)
    : pick(random, ['avenues', 'streets'])
}

/** Moves a point to a parcel of a nearby street, or to an intersection, and adds the address. */
export function toStreet(
  grid: StreetGrid,
  point: Point,
  shares: { main_street: number; intersection: number },
  random: Random,
): StreetPlace {
  const [x, y] = rotate(measureOffset(grid.origin, point), grid.bearing)
  const at = { avenues: x, streets: y }
  const axis = chooseAxis(grid, at, shares.main_street, random)
  const cross: Axis = axis === 'avenues' ? 'streets' : 'avenues'
  const line = findNearestLine(grid, axis, at[axis])
  const crossLine = findNearestLine(grid, cross, at[cross])
  const street = grid[axis].names[line]!
  const isIntersection = happens(random, shares.intersection)
  const side = happens(random, 0.5) ? 1 : -1
  const offset =
    grid[axis].first + line * grid[axis].spacing + side * (isIntersection ? KERB_METRES : FRONT_YARD_METRES)
  const along = isIntersection
    ? grid[cross].first + crossLine * grid[cross].spacing
    : Math.round(at[cross] / PARCEL_WIDTH_METRES) * PARCEL_WIDTH_METRES + PARCEL_WIDTH_METRES / 2
  const coordinates: [number, number] = axis === 'avenues' ? [offset, along] : [along, offset]
  const place = movePoint(grid.origin, ...rotate(coordinates, -grid.bearing))
  if (isIntersection) {
    return { ...place, street, address: `${street} & ${grid[cross].names[crossLine]}`, address_id: null }
  }
  const number = 2 * Math.floor(computeHouseNumber(grid, cross, along) / 2) + (side > 0 ? 1 : 2)
  const register = `${axis === 'avenues' ? 'A' : 'S'}${grid.name.slice(0, 1).toUpperCase()}${line + 101}`
  return {
    ...place,
    street,
    address: `${number} ${addDirection(grid, axis, along, street)}`,
    address_id: `${register}${along < 0 ? 1 : 0}-${String(number).padStart(5, '0')}`,
  }
}
