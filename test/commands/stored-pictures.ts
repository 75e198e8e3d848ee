import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect } from 'vitest'
import { georeport, type ServerProcess } from '../harness/server-process.js'

const JURISDICTION = 'harbourview.example'

/** The URLs of the pictures of a service request; null if the server does not respond with 200. */
export async function findPictureUrls(origin: string, id: string): Promise<string[] | null> {
  const url = `${origin}/open311/v2/requests/${id}.json?jurisdiction_id=${JURISDICTION}&extensions=true`
  const response = await fetch(url).catch(() => null)
  const text = response?.status === 200 ? await response.text().catch(() => null) : null
  if (!text) return null
  const [{ extended_attributes }] = JSON.parse(text) as [{ extended_attributes: { media_urls: string[] } }]
  // Each start of the server has another port.
  return extended_attributes.media_urls.map((url) => origin + new URL(url).pathname)
}

export async function getPictureUrls(
  { origin }: Pick<ServerProcess, 'origin'>,
  id: string,
): Promise<string[]> {
  return (await findPictureUrls(origin, id)) ?? expect.fail(`${id} cannot be read`)
}

/** The URLs of a picture and of its thumbnail. */
export const getBothUrls = (url: string) => [url, url.replace('.jpg', '-thumbnail.jpg')]

/** Expects that a picture and its thumbnail can be fetched and decoded. */
export async function expectServed(url: string): Promise<void> {
  for (const each of getBothUrls(url)) {
    const response = await fetch(each)
    expect(response.status).toBe(200)
    await sharp(Buffer.from(await response.arrayBuffer())).stats()
  }
}

/** The names of all media files, including incoming ones. */
export async function listFiles({ environment }: Pick<ServerProcess, 'environment'>): Promise<string[]> {
  const all = await readdir(join(environment.DATA_DIR!, 'media'), { recursive: true, withFileTypes: true })
  return all
    .filter((each) => each.isFile())
    .map((each) => each.name)
    .sort()
}

/** The rows of the table media. */
export async function listMediaRows({
  environment,
}: Pick<ServerProcess, 'environment'>): Promise<{ media_id: string; service_request: number | null }[]> {
  const { out } = await georeport(
    environment,
    'sql',
    'select media_id, service_request from media order by 1',
  )
  return out === '' ? [] : out.split('\n').map((line) => JSON.parse(line))
}

/** The names of the files that these rows require. */
export const getExpectedFiles = (rows: readonly { media_id: string }[]) =>
  rows.flatMap(({ media_id }) => [`${media_id}.jpg`, `${media_id}-thumbnail.jpg`]).sort()

/** Whether every row belongs to a service request and has its files, and there are no other files. */
export async function isConsistent(served: Pick<ServerProcess, 'environment'>): Promise<boolean> {
  const rows = await listMediaRows(served)
  const files = await listFiles(served)
  return rows.every((each) => each.service_request !== null) && files.join() === getExpectedFiles(rows).join()
}
