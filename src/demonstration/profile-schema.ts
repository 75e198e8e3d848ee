import { z } from 'zod'

/** Schema of demonstration.yaml. Shares and chances are from 0 to 1, distances in metres, durations in hours. */

const share = z.number().min(0).max(1)
const weight = z.number().min(0)
const positive = z.number().positive()
const words = z.array(z.string().min(1)).min(1)
const point = { lat: z.number().min(-90).max(90), long: z.number().min(-180).max(180) }
const channels = z.strictObject({ Phone: weight, 'Mobile App': weight, Website: weight, Crew: weight })

const service = z.strictObject({
  weight: positive,
  months: z.array(weight).length(12).optional(),
  median_hours: positive,
  sigma: positive,
  never: share,
  promised_hours: positive.nullable(),
  around_the_clock: z.boolean().default(false),
  residents_only: z.boolean().default(false),
  placeless: z.boolean().default(false),
  at_hot_spots_only: z.boolean().default(false),
  what: words,
  more: words,
  progress: words,
  done: words,
})

const hotSpot = z.strictObject({
  name: z.string(),
  ...point,
  metres: positive,
  weight: positive,
  services: words.optional(),
})

const lines = z.strictObject({ first: z.number(), spacing: positive, names: words })

const grid = z.strictObject({
  name: z.string(),
  origin: z.strictObject(point),
  within: positive.optional(),
  bearing: z.number(),
  numbers: z.enum(['from_first', 'from_origin']),
  avenues: lines,
  streets: lines,
  main: words,
})

const weather = z.strictObject({
  name: z.string(),
  months: z.array(z.int().min(1).max(12)),
  chance: share,
  factors: z.record(z.string(), weight),
})

export const profileSchema = z
  .strictObject({
    seed: z.string().min(1),
    id_prefix: z.string().min(1),
    media_url: z.url(),
    rows_per_day: positive.max(90),
    hours: z.array(weight).length(24),
    weekdays: z.array(weight).length(7),
    shares: z.strictObject({
      hot_spot: share,
      main_street: share,
      intersection: share,
      address_only: share,
      duplicate: share,
      no_description: share,
      progress: share,
    }),
    channels: z.strictObject({ office: channels, other: channels }),
    media_shares: z.strictObject({ Phone: share, 'Mobile App': share, Website: share, Crew: share }),
    weather: z.array(weather),
    neighbourhoods: z.strictObject({
      file: z.string(),
      id: z.string(),
      entries: z.record(z.string(), z.strictObject({ share: positive, zipcode: z.string() })),
    }),
    hot_spots: z.array(hotSpot).min(1),
    grids: z.array(grid).min(1),
    phrases: z.strictObject({ where: words, remarks: words, duplicate: z.string() }),
    services: z.record(z.string().regex(/^[A-Z0-9-]+$/), service),
  })
  .superRefine((profile, context) => {
    const requireService = (code: string, path: (string | number)[]) => {
      if (!(code in profile.services)) {
        context.addIssue({ code: 'custom', path, message: `no service ${code} below services` })
      }
    }
    profile.weather.forEach((event, i) => {
      for (const code of Object.keys(event.factors)) requireService(code, ['weather', i, 'factors'])
    })
    profile.hot_spots.forEach((spot, i) => {
      for (const code of spot.services ?? []) requireService(code, ['hot_spots', i, 'services'])
    })
    if (profile.grids.at(-1)?.within !== undefined) {
      context.addIssue({ code: 'custom', path: ['grids'], message: 'the last grid must not have within' })
    }
  })

export type Channel = keyof z.infer<typeof channels>
export type StreetGrid = z.infer<typeof grid>
export type ServiceProfile = z.infer<typeof service>
export type ProfileFile = z.infer<typeof profileSchema>
