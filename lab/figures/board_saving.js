// Saving the figures of a board as pictures; follows board_charts.js in the same module.
// What is saved is what is shown: zoom, hidden curves, light or dark, size.

const SHARPNESS = 2 // pixels of a PNG for each of the page
const LONGEST_NAME = 120
const SVG = "http://www.w3.org/2000/svg"
const KINDS = { chart: saveChart, pictures: savePictures }

function addSaveButtons(board, slot) {
  const save = KINDS[slot.card.kind]
  const buttons = ["SVG", "PNG"].map((format) =>
    button(format, `Download ${slot.card.title} as ${format}`, () => save(board, slot, format.toLowerCase())),
  )
  slot.save = slot.head.appendChild(element("span", "lab-save"))
  slot.save.append(...buttons)
}

/** What a file of this card is called: what it shows, of what, and when. */
function fileName(board, slot) {
  const words = [slot.card.title, board.message.subject].filter(Boolean).join(" of ")
  const plain = words.replace(/(?:[^\p{L}\p{N}.]|\.(?!\d))+/gu, "-") // a point is kept within a number
  return plain.toLowerCase().slice(0, LONGEST_NAME).replace(/^[-.]+|[-.]+$/g, "")
}

function saveChart(board, slot, format) {
  if (!slot.drawn) return
  const { data, layout, clientWidth: width, clientHeight: height } = slot.node // as the reader has left them
  const { background } = board.look
  const opaque = { ...layout, paper_bgcolor: background, plot_bgcolor: background }
  const scale = format === "png" ? SHARPNESS : 1
  const filename = fileName(board, slot)
  window.Plotly.downloadImage({ data, layout: opaque }, { format, filename, width, height, scale })
}

async function savePictures(board, slot, format) {
  const text = new XMLSerializer().serializeToString(sheetOf(board, slot))
  const svg = new Blob([text], { type: "image/svg+xml" })
  handOver(format === "svg" ? svg : await rasterized(text), `${fileName(board, slot)}.${format}`)
}

/** The sheet as an SVG with its pictures inside, everything where the page has it. */
function sheetOf(board, slot) {
  const frame = slot.node.getBoundingClientRect()
  const width = Math.max(...[...slot.node.children].map((tile) => tile.getBoundingClientRect().right - frame.left))
  const sheet = shape("svg", { width, height: frame.height, viewBox: `0 0 ${width} ${frame.height}` })
  sheet.append(shape("rect", { width: "100%", height: "100%", fill: board.look.background }))
  for (const tile of slot.node.children) {
    const [picture, caption] = tile.children
    const { left, top, width: wide, height: high } = picture.getBoundingClientRect()
    const line = parseFloat(getComputedStyle(picture).borderBottomWidth)
    const place = { x: left - frame.left, y: top - frame.top, width: wide, height: high - line }
    const still = { href: picture.src, style: "image-rendering: pixelated", preserveAspectRatio: "none" }
    sheet.append(shape("image", { ...place, ...still }))
    const color = tile.style.getPropertyValue("--lab-mark")
    if (line) sheet.append(shape("rect", { ...place, y: place.y + place.height, height: line, fill: color }))
    if (!caption.hidden) sheet.append(...lettersOf(caption, frame, board.look.font))
  }
  return sheet
}

/** A caption, a text for each of the lines that the page has broken it into. */
function lettersOf(caption, frame, font) {
  const { color, fontSize } = getComputedStyle(caption)
  const lines = new Map()
  const letters = caption.firstChild
  for (let at = 0; at < letters.length; at += 1) {
    const range = new Range()
    range.setStart(letters, at)
    range.setEnd(letters, at + 1)
    const { left, right, top, bottom } = range.getBoundingClientRect()
    const line = lines.get(top) ?? { left, bottom, text: "" }
    lines.set(top, { ...line, right, text: line.text + letters.data[at] })
  }
  return [...lines.values()].map(({ left, right, bottom, text }) => {
    const x = (left + right) / 2 - frame.left
    const y = bottom - frame.top - 0.22 * parseFloat(fontSize) // from the foot of the line to that of its letters
    const look = { "text-anchor": "middle", "font-family": font, "font-size": fontSize, fill: color }
    return Object.assign(shape("text", { x, y, ...look }), { textContent: text.trim() })
  })
}

function shape(tag, attributes) {
  const node = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value)
  return node
}

async function rasterized(text) {
  const picture = new Image()
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`
  await picture.decode()
  const canvas = document.createElement("canvas")
  Object.assign(canvas, { width: picture.width * SHARPNESS, height: picture.height * SHARPNESS })
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height)
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"))
}

function handOver(blob, download) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download })
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 1000) // once the browser has taken it
}
