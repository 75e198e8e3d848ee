import { drawNoise } from '../media/pictures.js'
import { findPictureUrls } from './stored-pictures.js'

const LOCATION = { jurisdiction_id: 'harbourview.example', service_code: 'POTHOLE' }

const wait = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds))

/** Writes that the server acknowledged, by the mark in their description. */
export interface Acknowledged {
  /** Service requests: their ids and numbers of pictures. */
  filed: Map<string, { id: string; pictures: number }>
  /** Updates: their update_ids. */
  updates: Map<string, string>
  /** Erased service requests: the paths of their former pictures. */
  erased: Map<string, string[]>
  /** Marks of service requests whose erasure was requested, acknowledged or not. */
  erasing: Set<string>
}

/**
 * Four clients that file service requests, post updates and erase some, and repeat each request until it succeeds. Every
 * third service request has one or two pictures, and every second one of those is erased.
 */
export async function startResidents(origin: () => string, key: string) {
  const acknowledged: Acknowledged = {
    filed: new Map(),
    updates: new Map(),
    erased: new Map(),
    erasing: new Set(),
  }
  const { filed, updates, erased, erasing } = acknowledged
  const photos = [
    new Blob([new Uint8Array(await drawNoise(90, 60).jpeg().toBuffer())]),
    new Blob([new Uint8Array(await drawNoise(40, 60).png().toBuffer())]),
  ]
  let isRunning = true

  /** Repeats an attempt until it returns a result; null if it was stopped before. */
  async function retry<Result>(attempt: () => Promise<Result | null>): Promise<Result | null> {
    for (;;) {
      const result = await attempt()
      if (result !== null || !isRunning) return result
      await wait(50)
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: the shape depends on the path
  const post = (path: string, body: BodyInit, headers: Record<string, string> = {}): Promise<any> =>
    retry(async () => {
      const signal = AbortSignal.timeout(5000)
      const response = await fetch(origin() + path, { method: 'POST', headers, body, signal }).catch(
        () => null,
      )
      const text = response?.status === 200 ? await response.text().catch(() => null) : null
      if (text) return JSON.parse(text)
      // A client error cannot succeed later.
      if (response && response.status >= 400 && response.status < 500)
        throw new Error(`${response.status} ${await response.text()}`)
      return null
    })

  async function file(mark: string, pictures: number): Promise<string | null> {
    const body = new FormData()
    const fields = { ...LOCATION, api_key: key, address_string: 'Quay 1', description: mark }
    for (const [name, value] of Object.entries(fields)) body.append(name, value)
    for (const photo of photos.slice(0, pictures)) body.append('photo', photo, 'photo')
    const filedDocument = await post('/open311/v2/requests.json', body, { 'idempotency-key': mark })
    if (!filedDocument) return null
    const id: string = filedDocument[0].service_request_id
    filed.set(mark, { id, pictures })
    return id
  }

  async function update(mark: string, service_request_id: string, status: string): Promise<void> {
    const { jurisdiction_id } = LOCATION
    const fields = { service_request_id, update_id: mark, description: `done ${mark}`, status }
    const body = new URLSearchParams({ api_key: key, jurisdiction_id, ...fields })
    const updated = await post('/open311/v2/servicerequestupdates.json', body)
    if (updated) updates.set(mark, updated[0].update_id)
  }

  async function erase(mark: string, id: string): Promise<void> {
    const urls = await retry(() => findPictureUrls(origin(), id))
    if (!urls) return
    erasing.add(mark)
    const path = `/city/v1/requests/${id}/erase?jurisdiction_id=${LOCATION.jurisdiction_id}`
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    if (await post(path, '{}', headers))
      erased.set(
        mark,
        urls.map((url) => new URL(url).pathname),
      )
  }

  async function runClient(name: number): Promise<void> {
    for (let number = 0; isRunning; number++) {
      const mark = `${name}-${number}`
      const pictures = number % 3 === 0 ? 1 + (number % 2) : 0
      const id = await file(mark, pictures)
      if (id) await update(mark, id, number % 2 ? 'FIXED' : 'OPEN')
      if (id && pictures > 0 && number % 4 < 2) await erase(mark, id)
    }
  }

  const running = Promise.all([1, 2, 3, 4].map(runClient))
  return {
    acknowledged,
    stop: async () => {
      isRunning = false
      await running
    },
  }
}
