// Saving the cards of a board as pictures, with their titles and captions.
// What is saved is what is shown: zoom, hidden curves, light or dark, size.

const SHARPNESS = 2 // pixels of a PNG for each of the page
const LONGEST_NAME = 120
const SVG = "http://www.w3.org/2000/svg"

function addSaveButtons(board, slot) {
  const buttons = ["SVG", "PNG"].map((format) =>
    button(format, `Download ${slot.card.title} as ${format}`, () => saveCard(board, slot, format.toLowerCase())),
  )
  slot.save = slot.head.appendChild(element("span", "lab-save"))
  slot.save.append(...buttons)
}

/** What a file of this card is called. Cards of which that would be the same are counted: names differ in what no name
 * of a file can have, or are too long. */
function fileName(board, slot) {
  const name = nameOf(board, slot.card)
  const alike = board.message.cards.filter((card) => nameOf(board, card) === name)
  if (alike.length < 2) return name
  return nameOf(board, slot.card, `net ${alike.findIndex(({ id }) => id === slot.card.id) + 1} of ${alike.length}`)
}

/** What a card shows, of what, and when. The net of its title goes first if that is long. */
function nameOf(board, card, which) {
  const [title, ...net] = card.title.split(" · ")
  const rest = [board.message.subject && `of ${board.message.subject}`, momentOf(board), which]
  const plain = (text) => text.replace(/(?:[^\p{L}\p{N}.]|\.(?!\d))+/gu, "-") // a point is kept within a number
  const named = (parts) => plain(parts.filter(Boolean).join(" ")).replace(/^[-.]+|[-.]+$/g, "").toLowerCase()
  const whole = named([title, ...net, ...rest])
  return whole.length > LONGEST_NAME ? shortened(named([title, ...rest])) : whole
}

function momentOf(board) {
  return board.film && `at step ${board.message.moments[board.film.place].step}`
}

/** A name without words of its middle where it is too long: what it shows is first, and which run and step are last. */
function shortened(name) {
  if (name.length <= LONGEST_NAME) return name
  const half = LONGEST_NAME / 2
  const first = name.slice(0, name.lastIndexOf("-", half) + 1 || half)
  const last = name.slice(name.indexOf("-", name.length - half - 1) + 1 || -half)
  return `${first.replace(/-$/, "")}-${last.replace(/^-/, "")}`
}

async function saveCard(board, slot, format) {
  if (slot.card.kind === "chart" && !slot.drawn) {
    slot.inSight = true // who saves it sees it, though on a busy machine it may not be drawn yet
    await drawChart(board, slot)
    if (!slot.drawn) return
    await slot.drawing
  }
  const name = `${fileName(board, slot)}.${format}` // of now: what follows takes a moment
  const text = new XMLSerializer().serializeToString(await pictureOf(board, slot))
  const svg = new Blob([text], { type: "image/svg+xml" })
  handOver(format === "svg" ? svg : await rasterized(text), name)
}

/** The card as an SVG with its pictures inside, everything where the page has it. */
async function pictureOf(board, slot) {
  const frame = slot.root.getBoundingClientRect()
  const { font, background } = board.look
  const texts = slot.card.kind === "chart" ? [slot.title, slot.caption] : [slot.title, slot.caption, slot.node]
  const pieces = slot.card.kind === "chart" ? [await chartOf(board, slot, frame)] : []
  for (const picture of slot.node.querySelectorAll(".lab-frame img")) pieces.push(stillOf(picture, frame))
  for (const node of slot.node.querySelectorAll(".lab-marked")) pieces.push(markOf(node, frame))
  for (const node of texts) pieces.push(...lettersOf(node, frame, font))
  const margin = slot.node.getBoundingClientRect().left - frame.left
  const number = (piece, name) => Number(piece.getAttribute(name))
  const ends = pieces.map((piece) => number(piece, "x") + (number(piece, "width") || number(piece, "textLength")))
  const [width, height] = [Math.ceil(Math.max(...ends) + margin), Math.ceil(frame.height)]
  const sheet = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}` })
  sheet.append(titleOf(board, slot), shape("rect", { width: "100%", height: "100%", fill: background }), ...pieces)
  for (const node of sheet.querySelectorAll("*")) colorPlainly(node)
  return sheet
}

/** What programs call the picture, and read to those who cannot see it. */
function titleOf(board, { card }) {
  const of = [board.message.subject, momentOf(board)].filter(Boolean).join(" ")
  return Object.assign(shape("title", {}), { textContent: of ? `${card.title} of ${of}` : card.title })
}

const COLORED = { fill: "fill-opacity", stroke: "stroke-opacity", "stop-color": "stop-opacity" }
const PLAIN = /^(#[\da-f]{6}|rgb\(\d+, ?\d+, ?\d+\)|none|inherit|url\(.*\))$/i

/** Say the colors of a shape as SVG 1.1 does, which all programs read: without alpha, and no newer way to write them. */
function colorPlainly(node) {
  for (const [name, opacity] of Object.entries(COLORED)) {
    const own = node.style.getPropertyValue(name)
    const color = own || node.getAttribute(name)
    if (!color || PLAIN.test(color)) continue
    const [red, green, blue, alpha] = partsOf(color)
    const given = parseFloat(node.style.getPropertyValue(opacity) || node.getAttribute(opacity))
    const share = alpha / 255 * (Number.isNaN(given) ? 1 : given)
    const plain = { [name]: `rgb(${red}, ${green}, ${blue})`, ...(share < 1 && { [opacity]: share.toFixed(3) }) }
    for (const [each, value] of Object.entries(plain)) {
      if (own) node.style.setProperty(each, value)
      else node.setAttribute(each, value)
    }
  }
}

/** Red, green, blue and alpha of any color that the browser knows, 0 to 255. */
function partsOf(color) {
  const drawing = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d")
  drawing.fillStyle = color
  drawing.fillRect(0, 0, 1, 1)
  return drawing.getImageData(0, 0, 1, 1).data
}

async function chartOf(board, slot, frame) {
  const { data, layout, clientWidth: width, clientHeight: height } = slot.node // as the reader has left them
  const { background } = board.look
  const opaque = { ...layout, paper_bgcolor: background, plot_bgcolor: background }
  const settings = { format: "svg", width, height, imageDataOnly: true }
  const text = await window.Plotly.toImage({ data, layout: opaque }, settings)
  const drawn = document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true)
  const { left, top } = slot.node.getBoundingClientRect()
  drawn.setAttribute("x", left - frame.left)
  drawn.setAttribute("y", top - frame.top)
  keepLengths(drawn)
  return drawn
}

/** Let texts be as long as here, where plotly has made room for them, also where the font of the page is not at hand. */
function keepLengths(drawn) {
  const aside = element("div", "")
  Object.assign(aside.style, { position: "fixed", visibility: "hidden", pointerEvents: "none" })
  aside.append(drawn)
  document.body.append(aside)
  const letters = [...drawn.querySelectorAll("text, tspan")].filter((node) => !node.childElementCount)
  const lengths = letters.map((node) => node.getComputedTextLength())
  aside.remove()
  drawn.remove()
  letters.forEach((node, at) => {
    if (!lengths[at]) return
    node.setAttribute("textLength", lengths[at])
    node.setAttribute("lengthAdjust", "spacingAndGlyphs")
  })
}

function stillOf(picture, frame) {
  const { left, top, width, height } = picture.getBoundingClientRect()
  const place = { x: left - frame.left, y: top - frame.top, width, height }
  const look = { style: "image-rendering: pixelated", preserveAspectRatio: "none" }
  const still = drawnOn(picture, picture.naturalWidth, picture.naturalHeight) // as PNG, which more programs read
  return shape("image", { ...place, ...look, href: still.toDataURL() })
}

function drawnOn(picture, width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height })
  canvas.getContext("2d").drawImage(picture, 0, 0, width, height)
  return canvas
}

/** The colored line of a tile, a readout or a row: below its picture, or at its left. */
function markOf(node, frame) {
  const picture = node.querySelector("img")
  const { left, top, bottom, width, height } = (picture ?? node).getBoundingClientRect()
  const place = picture ? { y: bottom - frame.top, width, height: 4 } : { y: top - frame.top, width: 4, height }
  return shape("rect", { x: left - frame.left, ...place, fill: node.style.getPropertyValue("--lab-mark") })
}

/** All that is written in a node, a text for each of the lines that the page has broken it into. */
function lettersOf(node, frame, font) {
  const found = []
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const { color, fontSize, fontWeight } = getComputedStyle(walker.currentNode.parentElement)
    const look = { "font-family": font, "font-size": fontSize, "font-weight": fontWeight, fill: color }
    for (const { left, right, bottom, text } of linesOf(walker.currentNode)) {
      const y = bottom - frame.top - 0.22 * parseFloat(fontSize) // from the foot of the line to that of its letters
      // Letters that are wider where the font of the page is not at hand keep to their place.
      const place = { x: left - frame.left, y, textLength: right - left, lengthAdjust: "spacingAndGlyphs" }
      found.push(Object.assign(shape("text", { ...place, ...look }), { textContent: text.trimEnd() }))
    }
  }
  return found
}

function linesOf(letters) {
  const lines = new Map()
  for (let at = 0; at < letters.length; at += 1) {
    const range = new Range()
    range.setStart(letters, at)
    range.setEnd(letters, at + 1)
    const { left, right, top, bottom, width } = range.getBoundingClientRect()
    if (!width) continue // what is hidden, and the space at the end of a line
    const line = lines.get(top) ?? { left, right, bottom, text: "" }
    const end = letters.data[at].trim() ? right : line.right
    lines.set(top, { ...line, right: end, text: line.text + letters.data[at] })
  }
  return [...lines.values()]
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
  const canvas = drawnOn(picture, picture.width * SHARPNESS, picture.height * SHARPNESS)
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"))
}

function handOver(blob, download) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download })
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 1000) // once the browser has taken it
}
