import fc from 'fast-check'

/** PROPERTY_SEED repeats a failed run: fast-check prints the seed of each property that fails. */
const chosen = process.env.PROPERTY_SEED ? Number(process.env.PROPERTY_SEED) : undefined

if (chosen !== undefined) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: chosen })

/** The seed of a property or sample that is the same in every run, unless PROPERTY_SEED is set. */
export function fixedSeed(seed: number): number {
  return chosen ?? seed
}
