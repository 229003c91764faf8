// The live board: keeps one DOM node per card and changes it in place. Knows nothing about training.
// The other scripts of `lab.figures.drawing` follow in the same module.

const MINIMUM_WIDTH = 320 // pixels of a card at scale 1
const MINIMUM_ROW_WIDTH = 220 // cards that are compared may be narrower, to stay side by side
const GAP = 12
const NEAR = "200px" // charts so near to the window are drawn, so that scrolling meets finished ones
const DRAWERS = { chart: drawChart, pictures: drawPictures, numbers: drawNumbers, table: drawTable }
const READ = ["numbers", "table"] // as text; of the other kinds only their `alt` can be read

const boards = new WeakMap()

export default function liveBoard({ data, parentElement, setStateValue, setTriggerValue }) {
  if (!boards.has(parentElement)) boards.set(parentElement, createBoard(parentElement))
  const board = boards.get(parentElement)
  board.tell = setStateValue ?? (() => {}) // in a file there is nobody to tell
  const message = readMessage(board, data)
  if (message) {
    loadPlotly(message.plotly).catch(() => {}) // early; a chart that needs it says what is wrong
    show(board, message)
  } else setTriggerValue("missing", true)
  return () => {
    // Streamlit also calls this after an update that a newer one overtook, with the board still in the page.
    if (parentElement.isConnected) return
    destroyBoard(board)
    boards.delete(parentElement)
  }
}

/** A first line, where there is one, names the content, so that what is there already is not read once more, and need
 * not follow. Null where it is not there, and does not follow either. */
function readMessage(board, data) {
  const read = (bytes) => JSON.parse(new TextDecoder().decode(bytes))
  const end = data.indexOf(10)
  if (end < 0) return read(data)
  const line = read(data.subarray(0, end))
  const known = board.message?.version === line.version
  if (!known && end === data.length - 1) return null
  return Object.assign(known ? board.message : read(data.subarray(end)), line)
}

function createBoard(parentElement) {
  releaseFocusAfterMouse()
  const board = { root: element("div", "lab-board"), slots: new Map(), rows: new Map() }
  Object.assign(board, { message: null, look: null, hover: null, film: null })
  board.observer = new ResizeObserver(() => refit(board))
  board.observer.observe(board.root)
  board.sight = new IntersectionObserver((entries) => noteSight(board, entries), { scrollMargin: NEAR })
  parentElement.append(board.root)
  return board
}

// Keys belong to the transport: a button or slider that was used with the mouse must not keep Space and the arrows.
function releaseFocusAfterMouse() {
  if (window.__labReleasesFocus) return
  window.__labReleasesFocus = true
  const held = "button, [role=slider], [role=switch], input[type=checkbox], input[type=radio]"
  document.addEventListener("click", (event) => {
    if (event.detail > 0) setTimeout(() => document.activeElement?.closest(held)?.blur())
    // So does a choice that was made from a list: its field keeps the focus when the list has closed.
    const chosen = event.target.closest("[role=option]")
    if (chosen) setTimeout(() => document.activeElement?.closest("[role=combobox][aria-expanded=false]")?.blur(), 100)
  })
}

function destroyBoard(board) {
  leaveFilm(board)
  board.observer.disconnect()
  board.sight.disconnect()
  for (const slot of board.slots.values()) release(slot)
  board.root.remove()
}

function show(board, message) {
  const look = readLook(board.root)
  const known = board.message?.version === message.version
  if (known && board.film) obey(board, message)
  if (known && sameLook(board.look, look)) return markAnew(board)
  Object.assign(board, { message: known ? board.message : message, look, marked: message.marked ?? {} })
  if (!known) enterFilm(board)
  placeCards(board)
  for (const slot of board.slots.values()) draw(board, slot)
  const draws = (window.__labBoard?.draws ?? 0) + 1
  window.__labBoard = { version: message.version, draws }
}

/** Let other points stand out. */
function markAnew(board) {
  const before = board.marked
  board.marked = board.message.marked ?? {}
  for (const slot of board.slots.values()) {
    if (board.marked[slot.card.id] !== before[slot.card.id]) draw(board, slot)
  }
}

/** Sizes changed, or the page's text scale. */
function refit(board) {
  if (!board.message) return
  const look = readLook(board.root)
  if (!sameLook(board.look, look)) show(board, board.message)
  fitColumns(board)
  for (const slot of board.slots.values()) if (slot.card.kind === "chart") resizeChart(board, slot)
}

// ------------------------------------------------------------------------------------------------ look

function readLook(root) {
  const style = getComputedStyle(root)
  const rootSize = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16
  return {
    text: style.getPropertyValue("--st-text-color").trim() || style.color,
    background: style.getPropertyValue("--st-background-color").trim() || "#ffffff",
    font: style.fontFamily,
    unit: rootSize * (parseFloat(style.getPropertyValue("--lab-scale")) || 1),
  }
}

function sameLook(one, other) {
  return JSON.stringify(one) === JSON.stringify(other)
}

// ------------------------------------------------------------------------------------------------ cards

function placeCards(board) {
  const { cards } = board.message
  for (const card of cards) {
    const slot = board.slots.get(card.id)
    if (slot && slot.card.kind === card.kind) slot.card = card
    else replaceSlot(board, card)
  }
  const wanted = new Set(cards.map((card) => card.id))
  for (const id of [...board.slots.keys()]) if (!wanted.has(id)) dropSlot(board, id)
  board.slots = new Map(cards.map((card) => [card.id, board.slots.get(card.id)]))
  placeRows(board)
  fitColumns(board)
}

function replaceSlot(board, card) {
  if (board.slots.has(card.id)) dropSlot(board, card.id)
  const root = element("section", "lab-card")
  const slot = { card, root, view: {}, size: "", inSight: false, stale: true, drawn: false, draws: 0 }
  slot.head = root.appendChild(element("div", "lab-head"))
  slot.title = slot.head.appendChild(element("h3", "lab-title"))
  slot.caption = root.appendChild(element("p", "lab-caption"))
  slot.node = root.appendChild(element("div", `lab-${card.kind}`))
  root.dataset.card = card.id
  board.sight.observe(slot.node)
  if (card.kind === "chart") watchChart(board, slot)
  addSaveButtons(board, slot)
  board.slots.set(card.id, slot)
}

function dropSlot(board, id) {
  const slot = board.slots.get(id)
  slot.root.remove()
  board.slots.delete(id)
  release(slot)
}

function release(slot) {
  // Only once it is drawn: plotly still asks a chart that it has purged where the pointer is.
  if (slot.drawn) slot.drawing.catch(() => {}).then(() => window.Plotly.purge(slot.node))
}

/** Wide cards and named rows stand alone; plain cards that follow each other share a row. */
function placeRows(board) {
  const rows = new Map()
  let plain = 0
  for (const { card, root } of board.slots.values()) {
    const alone = card.row ? `row ${card.row}` : card.wide ? `wide ${card.id}` : null
    if (alone) plain += 1
    const key = alone ?? `plain ${plain}`
    if (!rows.has(key)) rows.set(key, [])
    rows.get(key).push(root)
  }
  const kept = new Map()
  for (const [key, cards] of rows) {
    const row = board.rows.get(key) ?? element("div", "lab-row")
    row.dataset.named = key.startsWith("row ")
    kept.set(key, row)
    arrange(row, cards)
  }
  board.rows = kept
  arrange(board.root, [...(board.film ? [board.film.root] : []), ...kept.values()])
}

/** Make `wanted` the children of `parent`, moving as few nodes as possible: a moved node loses focus. */
function arrange(parent, wanted) {
  for (const child of [...parent.children]) if (!wanted.includes(child)) child.remove()
  wanted.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null)
  })
}

/** As many columns as fit, and lines of a row as equally filled as possible. */
function fitColumns(board) {
  const { unit } = board.look
  for (const row of board.rows.values()) {
    const count = row.children.length
    const minimum = (row.dataset.named === "true" ? MINIMUM_ROW_WIDTH : MINIMUM_WIDTH) * unit
    const fit = Math.max(1, Math.floor((board.root.clientWidth + GAP) / (minimum + GAP)))
    const columns = Math.ceil(count / Math.ceil(count / fit))
    row.style.setProperty("--lab-columns", columns)
  }
}

function draw(board, slot) {
  label(board, slot)
  slot.stale = false
  DRAWERS[slot.card.kind](board, slot)
}

/** What is written above a card, and what tells it to those who cannot see it. */
function label(board, slot) {
  const { card } = slot
  setText(slot.title, card.title, roomFor(board, card, "title"))
  setText(slot.caption, card.caption, roomFor(board, card, "caption") ?? roomSoFar(slot))
  slot.caption.hidden = !card.caption && !slot.caption.dataset.room
  slot.node.setAttribute("role", READ.includes(card.kind) || isPicked(card) ? "group" : "img")
  slot.node.setAttribute("aria-label", card.alt || card.title)
}

/** The longest caption that a card of this title has had, where that is not the one of now: lines that come and go
 * while a net trains would move all that is below. */
function roomSoFar(slot) {
  const { title, caption } = slot.card
  if (slot.said?.title !== title) slot.said = { title, longest: "" }
  slot.said.longest = longest([slot.said.longest, caption])
  return slot.said.longest === caption ? undefined : slot.said.longest
}

function noteSight(board, entries) {
  for (const slot of board.slots.values()) {
    const entry = entries.findLast(({ target }) => target === slot.node)
    if (entry) slot.inSight = entry.isIntersecting
    if (slot.inSight && slot.stale) draw(board, slot)
  }
}
