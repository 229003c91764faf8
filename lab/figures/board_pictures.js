// Pictures as files that the browser shows by itself: a canvas for each would be a layer of the page for each, and with
// hundreds of layers the browser takes longer to put a page together than to draw what is new on it.

const [FILE_HEADER, PICTURE_HEADER] = [14, 40] // bytes
const colorsOf = new Map() // of each palette, as a BMP file has them

/** Show a picture of a board, or of a film, as an image element of the page. */
function paint(node, image, palettes) {
  const [palette, width, values] = image
  const painted = node.painted
  if (painted && painted[2] === values && painted[0] === palette && painted[1] === width) return
  node.painted = image
  if (palette && !colorsOf.has(palette)) colorsOf.set(palette, backwards(bytesOf(palettes[palette]), 4))
  node.src = bitmap(width, bytesOf(values), colorsOf.get(palette))
}

/** The address of a BMP file, which is bytes as they are: a color's number for each pixel, or red, green and blue. */
function bitmap(width, values, colors) {
  const deep = colors ? 1 : 3
  const line = width * deep
  const [height, padded] = [values.length / line, 4 * Math.ceil(line / 4)]
  const start = FILE_HEADER + PICTURE_HEADER + (colors?.length ?? 0)
  const file = new Uint8Array(start + padded * height)
  const head = new DataView(file.buffer)
  file.set([0x42, 0x4d]) // BM
  head.setUint32(2, file.length, true)
  head.setUint32(10, start, true)
  head.setUint32(14, PICTURE_HEADER, true)
  head.setInt32(18, width, true)
  head.setInt32(22, -height, true) // from the top down
  head.setUint16(26, 1, true) // plane
  head.setUint16(28, 8 * deep, true) // bits of a pixel
  head.setUint32(46, (colors?.length ?? 0) / 4, true)
  if (colors) file.set(colors, FILE_HEADER + PICTURE_HEADER)
  const pixels = colors ? values : backwards(values, 3)
  for (let y = 0; y < height; y += 1) file.set(pixels.subarray(y * line, (y + 1) * line), start + y * padded)
  return `data:image/bmp;base64,${btoa(Array.from(file, (byte) => String.fromCharCode(byte)).join(""))}`
}

/** Red, green and blue as BMP has them: blue first, and so many bytes for each color. */
function backwards(colors, room) {
  const turned = new Uint8Array((colors.length / 3) * room)
  for (let at = 0; 3 * at < colors.length; at += 1) {
    for (let part = 0; part < 3; part += 1) turned[room * at + part] = colors[3 * at + 2 - part]
  }
  return turned
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
}
