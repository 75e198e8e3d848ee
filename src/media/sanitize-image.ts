import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import type { Upload } from './uploads.js'

/** A stored picture, always a fresh JPEG: only the pixels of the uploaded file are in it. */
export interface SanitizedImage {
  image: Buffer
  thumbnail: Buffer
  width: number
  height: number
}

export interface RejectedImage {
  /** The predicate of an error message, after the name of the part. */
  reason: string
}

/** Pixels of the longer side; larger pictures are scaled down. */
const MAX_SIDE = 4096
const THUMBNAIL_SIDE = 480
const TIMEOUT_SECONDS = 30

// No state is shared between pictures, and no other decoder gets untrusted input.
sharp.cache(false)
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({
  operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp', 'VipsForeignLoadNsgif'],
})

/**
 * Decodes a picture and encodes it again: upright by its EXIF orientation, without EXIF, GPS and any other metadata
 * (EXT-38), in sRGB, on white. Rejects damaged, animated and too large pictures; `maxPixels` is checked before decoding.
 * Other content of the file (a ZIP archive, HTML, a script) is not detected: it is not in the new JPEG (decision 0003).
 */
export async function sanitizeImage(
  { path, type }: Upload,
  maxPixels: number,
): Promise<SanitizedImage | RejectedImage> {
  const bytes = await readFile(path)
  try {
    const { format, width, height, pages = 1 } = await sharp(bytes, { limitInputPixels: false }).metadata()
    if (`image/${format}` !== type) return { reason: 'is not what it begins like.' }
    if (width * height > maxPixels)
      return { reason: `has ${width} by ${height} pixels; at most ${maxPixels} are taken.` }
    if (pages > 1) return { reason: 'moves; send a still picture.' }
    const { data: image, info } = await sharp(bytes, { failOn: 'error', limitInputPixels: maxPixels })
      .autoOrient()
      .resize(MAX_SIDE, MAX_SIDE, { fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .jpeg({ quality: 85 })
      .timeout({ seconds: TIMEOUT_SECONDS })
      .toBuffer({ resolveWithObject: true })
    const thumbnail = await sharp(image)
      .resize(THUMBNAIL_SIDE, THUMBNAIL_SIDE, { fit: 'inside', withoutEnlargement: true })
      .jpeg({ quality: 80 })
      .toBuffer()
    return { image, thumbnail, width: info.width, height: info.height }
  } catch {
    return { reason: 'is damaged, or not the picture that it begins like.' }
  }
}
