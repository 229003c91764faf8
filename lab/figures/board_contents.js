// What is on the cards of the live board, other than charts, and how all of it is put into the page.

function drawPictures(board, slot) {
  const { tiles, columns, widest, palettes } = slot.card
  setVariable(slot.node, "--lab-tiles", Math.max(1, Math.min(columns, tiles.length)))
  setVariable(slot.node, "--lab-widest", `${widest}px`)
  const pieces = [["span", "lab-frame"], ["figcaption", "lab-label"]]
  matchCount(slot.node, tiles.length, () => parts("figure", "lab-tile", pieces))
  tiles.forEach((tile, index) => {
    const node = slot.node.children[index]
    labelTile(node, tile, roomFor(board, slot.card, "tiles", index, "label"))
    const image = board.message.images?.[tile.image] ?? tile.image // of a film, in which many look alike
    paint(node.firstChild.firstChild, image, palettes)
  })
  offerTiles(board, slot)
}

/** Everything of a tile but its picture, which changes far more often. */
function labelTile(node, { label, color, help, pick }, room) {
  const said = [label, color, help, pick, room].join("\n")
  if (node.said === said) return
  node.said = said
  const frame = frameOf(node, Boolean(pick))
  frame.title = help
  frame.firstChild.setAttribute("aria-label", label || help)
  mark(node, color)
  setText(node.lastChild, label, room)
  node.lastChild.hidden = !label && !room
}

/** What holds the picture of a tile: a button where it can be picked. */
function frameOf(node, picks) {
  const tag = picks ? "BUTTON" : "SPAN"
  const there = node.firstChild
  if (there.tagName === tag && there.firstChild) return there
  const frame = parts(tag.toLowerCase(), "lab-frame", [["canvas", ""]])
  if (picks) frame.type = "button"
  frame.firstChild.setAttribute("role", "img")
  there.replaceWith(frame)
  return frame
}

const OPAQUE = 0xff000000
const colorsOf = new Map() // of each palette, as the numbers that a canvas has in its memory

/** Draw at once what bytes say, which no image of the page does: those are unpacked later, and flicker. */
function paint(canvas, image, palettes) {
  const [palette, width, values] = image
  const painted = canvas.painted
  if (painted && painted[2] === values && painted[0] === palette && painted[1] === width) return
  canvas.painted = image
  const bytes = bytesOf(values)
  const height = bytes.length / width / (palette ? 1 : 3)
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
  const picture = new ImageData(width, height)
  const pixels = new Uint32Array(picture.data.buffer)
  if (palette) {
    if (!colorsOf.has(palette)) colorsOf.set(palette, colorsIn(bytesOf(palettes[palette])))
    const colors = colorsOf.get(palette)
    for (let at = 0; at < pixels.length; at += 1) pixels[at] = colors[bytes[at]]
  } else pixels.set(colorsIn(bytes))
  canvas.getContext("2d", { willReadFrequently: true }).putImageData(picture, 0, 0)
}

function colorsIn(bytes) {
  return Uint32Array.from({ length: bytes.length / 3 }, (_, at) => {
    return OPAQUE | (bytes[3 * at + 2] << 16) | (bytes[3 * at + 1] << 8) | bytes[3 * at]
  })
}

function bytesOf(base64) {
  const text = atob(base64)
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = text.charCodeAt(at)
  return bytes
}

function drawNumbers(board, slot) {
  const { readouts } = slot.card
  const pieces = [["span", "lab-label"], ["span", "lab-value"], ["span", "lab-help"]]
  matchCount(slot.node, readouts.length, () => parts("div", "lab-readout", pieces))
  readouts.forEach((readout, index) => {
    const [label, value, help] = slot.node.children[index].children
    mark(slot.node.children[index], readout.color)
    const room = (part) => roomFor(board, slot.card, "readouts", index, part)
    setText(label, readout.label, room("label"))
    setText(value, readout.value, room("value"))
    setText(help, readout.help, room("help"))
  })
}

function drawTable(board, slot) {
  const { heads, rows } = slot.card
  matchCount(slot.node, 1, () => parts("table", "", [["thead", ""], ["tbody", ""]]))
  const [top, body] = slot.node.firstChild.children
  matchCount(top, 1, () => element("tr", ""))
  fillLine(top.firstChild, heads, heads.map(({ title }) => title), "th")
  matchCount(body, rows.length, () => element("tr", ""))
  rows.forEach(({ cells, color }, index) => {
    mark(body.children[index], color)
    fillLine(body.children[index], heads, cells, "td", roomFor(board, slot.card, "rows", index, "cells"))
  })
}

function fillLine(line, heads, texts, tag, rooms) {
  matchCount(line, heads.length, () => element(tag, ""))
  heads.forEach(({ number, help }, index) => {
    const cell = line.children[index]
    cell.classList.toggle("lab-figure", number)
    cell.title = help
    setText(cell, texts[index], rooms?.[index])
  })
}

function mark(node, color) {
  node.classList.toggle("lab-marked", Boolean(color))
  setVariable(node, "--lab-mark", color ?? "transparent")
}

/** Set a variable of the style sheet, unless it is so already, of which the browser does not take notice by itself. */
function setVariable(node, name, value) {
  const text = String(value)
  if (node.style.getPropertyValue(name) !== text) node.style.setProperty(name, text)
}

function matchCount(parent, count, make) {
  while (parent.children.length > count) parent.lastElementChild.remove()
  while (parent.children.length < count) parent.append(make())
}

// ------------------------------------------------------------------------------------------------ DOM

function element(tag, className) {
  const node = document.createElement(tag)
  node.className = className
  return node
}

function parts(tag, className, children) {
  const node = element(tag, className)
  node.append(...children.map(([childTag, childClass]) => element(childTag, childClass)))
  return node
}

function button(text, label, onclick) {
  const node = Object.assign(element("button", "lab-button"), { type: "button", onclick, title: label })
  node.setAttribute("aria-label", label)
  setText(node, text)
  return node
}

/** Say something, in no less room than the longest of what is said there at other moments takes. */
function setText(node, text, room) {
  if (room === undefined) {
    if (node.dataset.room !== undefined || node.textContent !== text) node.textContent = text
    delete node.dataset.room
    return
  }
  if (node.dataset.room === undefined) node.replaceChildren(element("span", "lab-said"))
  if (node.dataset.room !== room) node.dataset.room = room
  if (node.firstChild.textContent !== text) node.firstChild.textContent = text
}
