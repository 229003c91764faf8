// What is on the cards of the live board, other than charts, and how all of it is put into the page.

function drawPictures(board, slot) {
  const { tiles, columns, widest, least, palettes } = slot.card
  setVariable(slot.node, "--lab-tiles", Math.max(1, Math.min(columns, tiles.length)))
  setVariable(slot.node, "--lab-widest", `${widest}px`)
  setVariable(slot.node, "--lab-least", `${least}px`)
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
function labelTile(node, { label, color, help, pick, ticks = [] }, room) {
  const said = [label, color, help, pick, room, ...ticks].join("\n")
  if (node.said === said) return
  node.said = said
  const frame = frameOf(node, Boolean(pick))
  frame.title = help
  frame.firstChild.alt = label || help
  mark(node, color)
  placeTicks(node, frame, ticks)
  setText(node.lastChild, label, room)
  node.lastChild.hidden = !label && !room
}

/** Write at the left of a picture and below it what its lines are. */
function placeTicks(node, frame, ticks) {
  node.classList.toggle("lab-ticked", ticks.length > 0)
  while (frame.children.length > 1) frame.lastChild.remove()
  for (const [side, along] of [["left", "top"], ["below", "left"]]) {
    for (const [place, text] of ticks) {
      const tick = frame.appendChild(element("span", `lab-tick lab-${side}`))
      tick.style[along] = `${100 * place}%`
      tick.textContent = text
    }
  }
}

/** What holds the picture of a tile: a button where it can be picked. */
function frameOf(node, picks) {
  const tag = picks ? "BUTTON" : "SPAN"
  const there = node.firstChild
  if (there.tagName === tag && there.firstChild) return there
  const frame = element(tag.toLowerCase(), "lab-frame")
  frame.append(Object.assign(element("img", ""), { decoding: "sync", draggable: false }))
  if (picks) frame.type = "button"
  there.replaceWith(frame)
  return frame
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
