import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { detectPolyglot } from './polyglot.js'
import type { Upload } from './uploads.js'

/** A picture as it is kept, always JPEG: nothing of the file that was sent is in it but what can be seen. */
export interface SanitizedImage {
  image: Buffer
  thumbnail: Buffer
  width: number
  height: number
}

/** Why a file cannot be kept, to be read after its name. */
export interface RejectedImage {
  reason: string
}

/** Pixels of the longer side: more is scaled down. */
const MAX_SIDE = 4096
const THUMBNAIL_SIDE = 480
/** Seconds. */
const TIMEOUT_SECONDS = 30

// Nothing is kept from one picture for the next, and no other loader ever sees what strangers send.
sharp.cache(false)
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({
  operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp', 'VipsForeignLoadNsgif'],
})

/**
 * Decodes a file and writes it anew: turned as its EXIF says, without EXIF, GPS and all other metadata (EXT-38), in
 * sRGB, transparency white. Damaged, moving and too large pictures are not kept; `mostPixels` is looked at before any is
 * decoded.
 */
export async function sanitizeImage(
  { path, type }: Upload,
  mostPixels: number,
): Promise<SanitizedImage | RejectedImage> {
  const bytes = await readFile(path)
  const second = await detectPolyglot(bytes)
  if (second) return { reason: `is also ${second}; send a picture that is nothing else.` }
  try {
    const { format, width, height, pages = 1 } = await sharp(bytes, { limitInputPixels: false }).metadata()
    if (`image/${format}` !== type) return { reason: 'is not what it begins like.' }
    if (width * height > mostPixels)
      return { reason: `has ${width} by ${height} pixels; at most ${mostPixels} are taken.` }
    if (pages > 1) return { reason: 'moves; send a still picture.' }
    const { data: whole, info } = await sharp(bytes, { failOn: 'error', limitInputPixels: mostPixels })
      .autoOrient()
      .resize(MAX_SIDE, MAX_SIDE, { fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .jpeg({ quality: 85 })
      .timeout({ seconds: TIMEOUT_SECONDS })
      .toBuffer({ resolveWithObject: true })
    const thumbnail = await sharp(whole)
      .resize(THUMBNAIL_SIDE, THUMBNAIL_SIDE, { fit: 'inside', withoutEnlargement: true })
      .jpeg({ quality: 80 })
      .toBuffer()
    return { image: whole, thumbnail, width: info.width, height: info.height }
  } catch {
    return { reason: 'is damaged, or not the picture that it begins like.' }
  }
}
