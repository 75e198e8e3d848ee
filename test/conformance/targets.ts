import { inject } from 'vitest'
import type { Format, Target } from './target.js'

/** A target with the formats of its discovery document (GR-GEN-04: JSON is optional for other servers). */
export interface TargetWithFormats extends Target {
  formats: Format[]
}

async function readFormats(target: Target): Promise<TargetWithFormats> {
  if (target.own) return { ...target, formats: ['xml', 'json'] }
  try {
    const response = await fetch(`${target.discovery ?? `${target.url}/discovery`}.xml`)
    const text = await response.text()
    if (response.ok && text.includes('text/xml') && !text.includes('application/json'))
      return { ...target, formats: ['xml'] }
  } catch {
    // The discovery tests report this.
  }
  return { ...target, formats: ['xml', 'json'] }
}

export const targets: TargetWithFormats[] = await Promise.all(inject('targets').map(readFormats))

/** Returns a target for one jurisdiction of the second fixture server; null sends no jurisdiction_id. */
export function selectJurisdiction(target: Target, jurisdiction_id: string | null): Target {
  if (!target.own) throw new Error('only georeport itself has a second server')
  return { ...target, url: target.own.two.url, key: target.own.two.key, jurisdiction_id, discovery: null }
}

/** Returns a target for the test endpoint of georeport. */
export function selectTestEndpoint(target: Target): Target {
  if (!target.own) throw new Error('only georeport itself has a known test endpoint')
  return { ...target, url: target.own.testUrl }
}
