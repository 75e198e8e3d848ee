import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, test } from 'vitest'
import type { ImageType } from '../../src/media/detect-image-type.js'
import { type SanitizedImage, sanitizeImage } from '../../src/media/sanitize-image.js'
import {
  addComment,
  createIsoFile,
  createPhonePhoto,
  createPng,
  createPolyglots,
  drawNoise,
  drawRedAndBlue,
  PLANTED_PLACE,
} from './pictures.js'

const folder = await mkdtemp(join(tmpdir(), 'georeport-clean-'))
afterAll(() => rm(folder, { recursive: true }))
const POLYGLOTS = await createPolyglots()

async function sanitizeFile(bytes: Buffer, type: ImageType = 'image/jpeg', maxPixels = 50_000_000) {
  const path = join(folder, 'file')
  await writeFile(path, bytes)
  return sanitizeImage(
    { name: 'media', path, bytes: bytes.length, sha256: '', type, caller: 'known' },
    maxPixels,
  )
}
async function sanitize(bytes: Buffer, type?: ImageType): Promise<SanitizedImage> {
  const result = await sanitizeFile(bytes, type)
  if ('reason' in result) throw new Error(result.reason)
  return result
}
async function readPixel(picture: Buffer, left: number, top: number): Promise<number[]> {
  return [...(await sharp(picture).extract({ left, top, width: 1, height: 1 }).raw().toBuffer())]
}
const RED = [expect.closeTo(254, -1), expect.closeTo(0, -1), expect.closeTo(0, -1)]
const BLUE = [expect.closeTo(0, -1), expect.closeTo(0, -1), expect.closeTo(254, -1)]

describe('EXT-38 a picture', () => {
  test('is rotated by its EXIF orientation, and loses EXIF, GPS and the embedded thumbnail', async () => {
    const photo = await createPhonePhoto()
    expect(photo.includes(PLANTED_PLACE)).toBe(true)
    expect(await sharp(photo).metadata()).toMatchObject({ width: 80, height: 40, orientation: 6 })
    const { image, thumbnail, width, height } = await sanitize(photo)
    expect([width, height]).toEqual([40, 80])
    // The rotation moves the left half to the top.
    expect(await readPixel(image, 20, 5)).toEqual(RED)
    expect(await readPixel(image, 20, 75)).toEqual(BLUE)
    for (const picture of [image, thumbnail]) {
      const { exif, xmp, iptc, icc, orientation, format } = await sharp(picture).metadata()
      expect([exif, xmp, iptc, icc, orientation]).toEqual(Array(5).fill(undefined))
      expect(format).toBe('jpeg')
      for (const planted of [PLANTED_PLACE, 'planted-make', 'Exif', 'GPS'])
        expect(picture.includes(planted)).toBe(false)
    }
  })

  test('loses XMP and comments', async () => {
    const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/">${PLANTED_PLACE}</x:xmpmeta>`
    const photo = addComment(await drawRedAndBlue().withXmp(xmp).jpeg().toBuffer(), PLANTED_PLACE)
    expect(photo.toString('latin1').split(PLANTED_PLACE)).toHaveLength(3)
    expect((await sanitize(photo)).image.includes(PLANTED_PLACE)).toBe(false)
  })

  test.each([
    ['PNG', 'image/png', () => drawRedAndBlue().png()],
    ['WebP', 'image/webp', () => drawRedAndBlue().webp({ lossless: true })],
    ['GIF', 'image/gif', () => drawRedAndBlue().gif()],
    ['16 bit PNG', 'image/png', () => drawRedAndBlue().toColourspace('rgb16').png()],
    ['CMYK JPEG', 'image/jpeg', () => drawRedAndBlue().toColourspace('cmyk').jpeg()],
  ] as const)('of type %s becomes a JPEG', async (_, type, make) => {
    const { image, width, height } = await sanitize(await make().toBuffer(), type)
    expect(await sharp(image).metadata()).toMatchObject({ format: 'jpeg', width, height, space: 'srgb' })
    const [red = 0, green = 0, blue = 0] = await readPixel(image, 10, 10)
    expect(red).toBeGreaterThan(190)
    expect(Math.max(green, blue)).toBeLessThan(60)
  })

  test('with transparency gets a white background', async () => {
    const transparent = { width: 8, height: 8, channels: 4 as const, background: '#0000' }
    const { image } = await sanitize(await sharp({ create: transparent }).png().toBuffer(), 'image/png')
    expect(await readPixel(image, 4, 4)).toEqual([255, 255, 255])
  })

  test('is scaled down to at most 4096 pixels, and its thumbnail to at most 480', async () => {
    const { image, thumbnail, width, height } = await sanitize(createPng(5000, 2500, 2500), 'image/png')
    expect([width, height]).toEqual([4096, 2048])
    expect(await sharp(image).metadata()).toMatchObject({ width, height })
    expect(await sharp(thumbnail).metadata()).toMatchObject({ width: 480, height: 240 })
    const small = await sanitize(await createPhonePhoto())
    expect(await sharp(small.thumbnail).metadata()).toMatchObject({ width: 40, height: 80 })
  })

  test('may be followed by data that phones append: a second picture, a video, notes', async () => {
    const photo = await createPhonePhoto()
    const notes = Buffer.from('\0\0\x01\x0aImage_UTC_Data1600000000SEFH\0\0SEFT', 'latin1')
    for (const appended of [photo, createIsoFile('mp42'), notes, Buffer.alloc(5000)]) {
      const { image } = await sanitize(Buffer.concat([photo, appended]))
      expect(image.length).toBeLessThan(photo.length)
    }
  })

  test('that declares more pixels than allowed is refused, whatever its data', async () => {
    expect(await sanitizeFile(createPng(65_000, 65_000), 'image/png')).toEqual({
      reason: 'has 65000 by 65000 pixels; at most 50000000 are taken.',
    })
    expect(await sanitizeFile(await createPhonePhoto(), 'image/jpeg', 80 * 40 - 1)).toHaveProperty('reason')
    expect(await sanitizeFile(await createPhonePhoto(), 'image/jpeg', 80 * 40)).not.toHaveProperty('reason')
  })

  test('whose content is not of its detected type is refused', async () => {
    expect(await sanitizeFile(await drawNoise(9, 9).png().toBuffer(), 'image/jpeg')).toHaveProperty('reason')
  })

  test.each(POLYGLOTS)(
    'with %s is accepted, and the stored JPEG has none of it',
    async (_, bytes, signatures) => {
      const { image, thumbnail } = await sanitize(bytes)
      for (const signature of signatures) {
        expect(bytes.includes(signature, 0, 'latin1')).toBe(true)
        for (const picture of [image, thumbnail]) expect(picture.includes(signature, 0, 'latin1')).toBe(false)
      }
    },
  )
})
