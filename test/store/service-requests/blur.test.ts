import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { databases } from '../../harness/databases.js'
import { openBeforeTests } from '../../harness/open-before-tests.js'
import { LATER, SERVICES, storeTown } from '../../harness/stored-squareton.js'

describe.each(databases)('$kind', ({ open }) => {
  const squareton = openBeforeTests(open, ({ store }) => storeTown(store))

  test('EXT-29 a blurred location is the middle of a grid cell in every public column, also after a change', async () => {
    const place = { lat: 52.123456, long: 10.654321 }
    const id = await squareton.file('HOME', { ...place, address: '5 Elm St' })
    const readRow = async (service_request_id: string) =>
      (
        await sql<{
          lat: number
          long: number
          address: string | null
          exact_location: Record<string, unknown>
        }>`
          select st_y(geom) as lat, st_x(geom) as long, address, exact_location from service_request where service_request_id = ${service_request_id}`.execute(
          squareton.store,
        )
      ).rows[0]!
    const blurred = await readRow(id)
    expect(blurred.address).toBeNull()
    expect(blurred.exact_location).toEqual({ ...place, address: '5 Elm St', metres: 500 })
    expect(Math.abs(blurred.lat - place.lat) * 111_320).toBeLessThan(260)
    expect(blurred.lat).not.toBeCloseTo(place.lat, 5)
    // Locations in the same cell are blurred to the same point.
    const neighbour = await readRow(
      await squareton.file('HOME', { lat: blurred.lat + 0.001, long: blurred.long - 0.001 }),
    )
    expect([neighbour.lat, neighbour.long]).toEqual([blurred.lat, blurred.long])

    await squareton.change(id, { address: '7 Elm St' })
    expect(await readRow(id)).toEqual({
      ...blurred,
      exact_location: { ...place, address: '7 Elm St', metres: 500 },
    })
    await squareton.change(id, { exact_location: null })
    expect(await readRow(id)).toMatchObject({ lat: blurred.lat, address: null, exact_location: null })
  })

  test('EXT-29 A-44 blurring a service blurs its existing service requests as a public change; ending the blur reveals nothing', async () => {
    const id = await squareton.file('CRACK', { lat: 52.123456, long: 10.654321, address: '5 Elm St' })
    const readPublicRow = async () =>
      (
        await sql<{ lat: number; address: string | null; updated_datetime: string }>`
          select st_y(geom) as lat, address, updated_datetime from service_request where service_request_id = ${id}`.execute(
          squareton.store,
        )
      ).rows[0]!
    const loadCracks = (fields: object, now: string) =>
      squareton.load(
        SERVICES.map((each) => (each.service_code === 'CRACK' ? { ...each, ...fields } : each)),
        now,
      )
    await loadCracks({ blur_metres: 400 }, LATER)
    expect(await readPublicRow()).toMatchObject({ address: null, updated_datetime: LATER })
    const tightened = '2026-06-03T12:00:00Z'
    await loadCracks({ blur_metres: 1000 }, tightened)
    const blurred = await readPublicRow()
    expect(blurred.updated_datetime).toBe(tightened)
    const event = { kind: 'changed', change_type: 'change', changes: { place: true } }
    expect((await squareton.listEvents(id)).slice(1)).toMatchObject([
      { ...event, datetime: LATER },
      { ...event, datetime: tightened },
    ])
    await loadCracks({ blur_metres: 100 }, '2026-06-04T12:00:00Z')
    expect(await readPublicRow()).toEqual(blurred)
    expect(blurred.lat).not.toBeCloseTo(52.123456, 5)
    await squareton.load(SERVICES)
    await sql`update service_request set service_code = service_code where service_request_id = ${id}`.execute(
      squareton.store,
    )
    expect(await readPublicRow()).toEqual(blurred)
    // The trigger of the blur does not change updated_datetime for other changes.
    await sql`update service_request set agency_responsible = 'Others' where service_request_id = ${id}`.execute(
      squareton.store,
    )
    expect((await readPublicRow()).updated_datetime).toBe(tightened)
  })
})
