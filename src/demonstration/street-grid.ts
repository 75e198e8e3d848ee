import type { StreetGrid } from './profile-schema.js'
import { happens, pick, type Random } from './random.js'

/** A point as the standard writes it: WGS84 degrees. */
export interface Point {
  lat: number
  long: number
}

/** A point that lies beside a street, and how one would write it on an envelope. */
export interface StreetPlace extends Point {
  street: string
  address: string
  address_id: string | null
}

type Axis = 'avenues' | 'streets'

const metresPerDegree = 111_195
const parcel = 17
const frontYard = 13

/** The point a way east and north of another, in metres; flat, which is good enough for one city. */
export function movePoint(from: Point, east: number, north: number): Point {
  const long = from.long + east / (metresPerDegree * Math.cos((from.lat * Math.PI) / 180))
  return { lat: Number((from.lat + north / metresPerDegree).toFixed(6)), long: Number(long.toFixed(6)) }
}

/** How far east and north a point lies from another, in metres. */
function measureOffset(from: Point, to: Point): [east: number, north: number] {
  const scale = metresPerDegree * Math.cos((from.lat * Math.PI) / 180)
  return [(to.long - from.long) * scale, (to.lat - from.lat) * metresPerDegree]
}

function rotate([x, y]: [number, number], degrees: number): [number, number] {
  const angle = (degrees * Math.PI) / 180
  return [x * Math.cos(angle) - y * Math.sin(angle), x * Math.sin(angle) + y * Math.cos(angle)]
}

/** The grid whose circle holds the point. */
export function findGrid(grids: readonly StreetGrid[], point: Point): StreetGrid {
  return grids.find(
    ({ within, origin }) => within === undefined || Math.hypot(...measureOffset(origin, point)) <= within,
  )!
}

function findNearestLine(grid: StreetGrid, axis: Axis, metres: number): number {
  const { first, spacing, names } = grid[axis]
  return Math.min(names.length - 1, Math.max(0, Math.round((metres - first) / spacing)))
}

/** The house number at a way along a street, a hundred a block: counted from the first cross street or from the origin. */
function houseNumber(grid: StreetGrid, cross: Axis, along: number): number {
  const { first, spacing } = grid[cross]
  const blocks = grid.numbers === 'from_first' ? (along - first) / spacing : Math.abs(along) / spacing
  return Math.max(1, Math.floor(blocks * 100))
}

function withDirection(grid: StreetGrid, axis: Axis, along: number, street: string): string {
  if (grid.numbers === 'from_first') return street
  const directions = axis === 'avenues' ? 'SN' : 'WE'
  return `${directions[along < 0 ? 0 : 1]} ${street}`
}

/** Which street a point is drawn to: often a main street less than half a block away, else the nearest of either axis. */
function chooseAxis(grid: StreetGrid, at: Record<Axis, number>, mainShare: number, random: Random): Axis {
  const main = (['avenues', 'streets'] as const).filter((axis) =>
    grid.main.includes(grid[axis].names[findNearestLine(grid, axis, at[axis])]!),
  )
  return happens(random, mainShare) && main.length > 0
    ? pick(random, main)
    : pick(random, ['avenues', 'streets'])
}

/** Moves a point to the kerb of a street nearby, or to a crossing, and gives it the address of that place. */
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
  const atCrossing = happens(random, shares.intersection)
  const side = happens(random, 0.5) ? 1 : -1
  const offset = grid[axis].first + line * grid[axis].spacing + side * (atCrossing ? 4 : frontYard)
  const along = atCrossing
    ? grid[cross].first + crossLine * grid[cross].spacing
    : Math.round(at[cross] / parcel) * parcel + parcel / 2
  const frame: [number, number] = axis === 'avenues' ? [offset, along] : [along, offset]
  const place = movePoint(grid.origin, ...rotate(frame, -grid.bearing))
  if (atCrossing) {
    return { ...place, street, address: `${street} & ${grid[cross].names[crossLine]}`, address_id: null }
  }
  const number = 2 * Math.floor(houseNumber(grid, cross, along) / 2) + (side > 0 ? 1 : 2)
  const register = `${axis === 'avenues' ? 'A' : 'S'}${grid.name.slice(0, 1).toUpperCase()}${line + 101}`
  return {
    ...place,
    street,
    address: `${number} ${withDirection(grid, axis, along, street)}`,
    address_id: `${register}${along < 0 ? 1 : 0}-${String(number).padStart(5, '0')}`,
  }
}
