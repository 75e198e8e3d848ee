import { inject } from 'vitest'
import type { Format, Target } from './target.js'

/** A target and the formats it announces in its discovery document (GR-GEN-04: JSON is optional for others). */
export interface Announced extends Target {
  formats: Format[]
}

async function announced(target: Target): Promise<Announced> {
  if (target.own) return { ...target, formats: ['xml', 'json'] }
  try {
    const answer = await fetch(`${target.discovery ?? `${target.url}/discovery`}.xml`)
    const text = await answer.text()
    if (answer.ok && text.includes('text/xml') && !text.includes('application/json'))
      return { ...target, formats: ['xml'] }
  } catch {
    // the discovery tests will say so
  }
  return { ...target, formats: ['xml', 'json'] }
}

export const targets: Announced[] = await Promise.all(inject('targets').map(announced))

/** One jurisdiction of georeport's second fixture server, as a target of its own. */
export function jurisdictionOf(target: Target, jurisdiction_id: string | null): Target {
  if (!target.own) throw new Error('only georeport itself has a second server')
  return { ...target, url: target.own.two.url, key: target.own.two.key, jurisdiction_id, discovery: null }
}

/** The test endpoint of georeport itself. */
export function testEndpointOf(target: Target): Target {
  if (!target.own) throw new Error('only georeport itself has a known test endpoint')
  return { ...target, url: target.own.testUrl }
}
