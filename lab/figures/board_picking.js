// Picking tiles of a sheet and points of a chart, by mouse and by keys; what is picked is told to Python at once.

const MOVES = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }

function isPicked(card) {
  return card.kind === "chart" ? card.picks : card.kind === "pictures" && card.tiles.some(({ pick }) => pick)
}

function pick(board, slot, name) {
  // Until Python says something else, which may have been about something else.
  slot.picked = { name, said: slot.card.picked }
  board.tell("picked", { card: slot.card.id, name, at: Date.now() }) // the same once more is another wish
  if (slot.card.kind === "pictures") offerTiles(board, slot)
}

// ------------------------------------------------------------------------------------------------ tiles

function offerTiles(board, slot) {
  const { tiles, picked: said } = slot.card
  if (slot.picked && slot.picked.said !== said) slot.picked = null
  const picked = slot.picked?.name ?? said
  const offer = [picked, ...tiles.map(({ label, help, pick }) => [label, help, pick])].join("\n")
  if (slot.offer === offer) return
  slot.offer = offer
  const frames = tiles.map((_, index) => slot.node.children[index].firstChild)
  const offered = frames.filter((frame, index) => tiles[index].pick)
  const pressed = frames.find((frame, index) => tiles[index].pick && tiles[index].pick === picked)
  tiles.forEach((tile, index) => {
    if (!tile.pick) return
    const frame = frames[index]
    frame.setAttribute("aria-pressed", frame === pressed)
    frame.setAttribute("aria-label", [tile.label, tile.help].filter(Boolean).join(", ") || tile.pick)
    frame.onclick = () => pick(board, slot, slot.card.tiles[index].pick)
    frame.onkeydown = (event) => moveFocus(event, slot, offered)
  })
  // One stop of the Tab key for the whole sheet: where the focus is, else what is picked, else the first.
  const stop = offered.includes(document.activeElement) ? document.activeElement : (pressed ?? offered[0])
  for (const frame of offered) frame.tabIndex = frame === stop ? 0 : -1
}

function moveFocus(event, slot, offered) {
  const line = getComputedStyle(slot.node).gridTemplateColumns.split(" ").length
  const move = { ...MOVES, ArrowDown: line, ArrowUp: -line }[event.key]
  if (move === undefined) return
  keepKey(event)
  const at = Math.max(0, Math.min(offered.length - 1, offered.indexOf(event.currentTarget) + move))
  for (const frame of offered) frame.tabIndex = frame === offered[at] ? 0 : -1
  offered[at].focus()
}

/** A key that does something here is no shortcut of the page, and does not scroll it. */
function keepKey(event) {
  event.preventDefault()
  event.stopPropagation()
}

// ------------------------------------------------------------------------------------------------ points

function offerPoints(board, slot) {
  const { picks } = slot.card
  slot.node.classList.toggle("lab-picks", picks)
  if (!picks || slot.offers) return
  slot.offers = true
  slot.node.tabIndex = 0
  slot.node.setAttribute("aria-description", "Arrow keys choose a point, Enter picks it.")
  slot.spoken = slot.head.appendChild(element("span", "lab-spoken"))
  slot.spoken.setAttribute("aria-live", "polite")
  slot.node.addEventListener("keydown", (event) => chosenByKey(event, board, slot))
  slot.node.on("plotly_click", ({ points }) => {
    const { curveNumber, pointNumber } = points[0]
    const point = pointsOf(slot).find((each) => each.curve === curveNumber && sameNumber(each.number, pointNumber))
    if (slot.card.picks && point) pick(board, slot, point.name)
  })
}

/** All points that can be picked, in order; of a heatmap, whose numbers are pairs, its cells. */
function pointsOf(slot) {
  const traces = slot.card.figure.data
  const named = traces.some(({ ids }) => ids)
  return traces.flatMap(({ ids, x, y, z, text, hovertext }, curve) => {
    if (named && !ids) return []
    const told = hovertext ?? text
    const words = Array.isArray(told) ? told.flat() : [] // as those read who point at it
    const numbers = z ? z.flatMap((row, down) => row.map((_, right) => [down, right])) : [...(x ?? y).keys()]
    return numbers.map((number, index) => {
      const name = String(ids?.[index] ?? number)
      return { curve, number, name, words: words[index]?.replace(/<br>/g, ", ") || name }
    })
  })
}

function sameNumber(one, other) {
  return String(one) === String(other)
}

function chosenByKey(event, board, slot) {
  const points = slot.card.picks ? pointsOf(slot) : []
  const move = MOVES[event.key]
  const takes = event.key === "Enter" || event.key === " "
  if (!points.length || (move === undefined && !(takes && slot.chosen !== undefined))) return
  keepKey(event)
  if (takes) return pick(board, slot, points[Math.min(slot.chosen, points.length - 1)].name)
  const before = slot.chosen ?? (move > 0 ? -1 : points.length)
  slot.chosen = Math.max(0, Math.min(points.length - 1, before + move))
  const { curve, number, words } = points[slot.chosen]
  window.Plotly.Fx.hover(slot.node, [{ curveNumber: curve, pointNumber: number }])
  showThumbnail(slot, { data: slot.card.figure.data[curve], pointNumber: number })
  setText(slot.spoken, `${words}, ${slot.chosen + 1} of ${points.length}`)
}
