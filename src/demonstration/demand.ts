import { addDays, readMonth, readWeekday } from './calendar.js'
import type { DemonstrationProfile } from './profile.js'
import { createRandom, happens, pickWeighted, poisson, type Random } from './random.js'

/** The weather events that start on a day, determined by seed and day. */
function chooseWeather(profile: DemonstrationProfile, day: string): DemonstrationProfile['weather'] {
  return profile.weather.filter(
    (event) =>
      event.months.includes(readMonth(day)) &&
      happens(createRandom(`${profile.seed}/${day}/weather/${event.name}`), event.chance),
  )
}

/** The service codes of all reports of a day, unordered. Season and weather change how many there are. */
export function chooseServices(profile: DemonstrationProfile, day: string, random: Random): string[] {
  const weather = new Set([...chooseWeather(profile, addDays(day, -1)), ...chooseWeather(profile, day)])
  const demand = Object.entries(profile.services).map(([service_code, { weight, months }]) => {
    const factors = [...weather].map((event) => event.factors[service_code] ?? 1)
    const factor = factors.reduce((product, each) => product * each, months?.[readMonth(day) - 1] ?? 1)
    return { service_code, weight, today: weight * factor }
  })
  const averageWeight = demand.reduce((sum, { weight }) => sum + weight, 0)
  const todayWeight = demand.reduce((sum, service) => sum + service.today, 0)
  const weekdayFactor =
    (profile.weekdays[readWeekday(day)]! * 7) / profile.weekdays.reduce((sum, part) => sum + part, 0)
  const count = poisson(
    random,
    Math.min(90, (profile.rows_per_day * weekdayFactor * todayWeight) / averageWeight),
  )
  return Array.from(
    { length: count },
    () => pickWeighted(random, demand, (service) => service.today).service_code,
  )
}

/** Chooses a time, in seconds after midnight, by the weights of the hours. */
export function chooseSeconds(profile: DemonstrationProfile, random: Random): number {
  const hour = pickWeighted(random, [...profile.hours.keys()], (index) => profile.hours[index]!)
  return hour * 3600 + Math.floor(random() * 3600)
}
