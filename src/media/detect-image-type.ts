/** What is taken as a picture. */
export const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/gif'] as const
export type ImageType = (typeof IMAGE_TYPES)[number]

/** Bytes that tell what a file is. */
export const HEAD_BYTES = 32

const IMAGES: readonly [ImageType, RegExp][] = [
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/png', /^\x89PNG\r\n\x1a\n/],
  ['image/webp', /^RIFF....WEBP/s],
  ['image/gif', /^GIF8[79]a/],
]

/** Files that people take for pictures, or others want to be taken for pictures. */
const OTHERS: readonly [what: string, begins: RegExp][] = [
  ['a HEIC picture', /^....ftyp(hei|hev|mif1|msf1)/s],
  ['an AVIF picture', /^....ftypavi[fs]/s],
  ['a video', /^....(ftyp|moov|mdat)|^\x1aE\xdf\xa3/s],
  ['a TIFF or raw picture', /^(II\*\0|MM\0\*)/],
  ['a BMP picture', /^BM....\0\0\0\0/s],
  ['a PDF document', /^%PDF/],
  ['a ZIP archive', /^PK[\x03\x05\x07]/],
  ['a packed file', /^(\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf|Rar!|\x28\xb5\x2f\xfd)/],
  ['an SVG drawing or a page', /^(\xef\xbb\xbf)?\s*<(svg|\?xml|!doctype|html)/i],
]

/** The type of a file by its first bytes; otherwise what it seems to be, in words. */
export function detectImageType(head: Uint8Array): { type: ImageType } | { what: string } {
  const text = Buffer.from(head).toString('latin1')
  const [type] = IMAGES.find(([, begins]) => begins.test(text)) ?? []
  if (type) return { type }
  const [what] = OTHERS.find(([, begins]) => begins.test(text)) ?? []
  return { what: what ?? 'no picture' }
}
