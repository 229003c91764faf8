// The charts of the live board.
// Zoom belongs to the reader: `slot.view` holds the axis ranges a reader has set, and every drawing obeys it.

const CONFIG = { displaylogo: false, displayModeBar: false, doubleClick: false, showTips: false }

let plotlyLoading = null

/** Load plotly.js, once; without an address it is in the page already. */
function loadPlotly(url) {
  if (!url) return Promise.resolve(window.Plotly)
  plotlyLoading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script")
    script.src = new URL(url, document.baseURI) // relative, so that a base path of the server is kept
    script.onload = () => (window.Plotly ? resolve(window.Plotly) : reject(new Error(`${url} is not plotly.js`)))
    script.onerror = () => reject(new Error(`${url} did not load`))
    document.head.append(script)
  })
  return plotlyLoading
}

async function drawChart(board, slot) {
  const height = `${(slot.card.figure.layout.height ?? 280) * board.look.unit}px`
  if (slot.node.style.height !== height) slot.node.style.height = height
  slot.stale = true
  if (!slot.inSight) return // to draw what nobody sees would take processors from the run; coming into sight draws it
  slot.shared = sharedRange(board, slot.card.link)
  try {
    await loadPlotly(board.message.plotly)
  } catch (error) {
    slot.node.style.height = "auto"
    slot.save.hidden = true
    setText(slot.node, `This chart cannot be drawn: ${error.message}. ${slot.card.alt}`)
    return
  }
  if (!slot.stale || !slot.node.clientWidth) return // a removed chart has no width
  slot.stale = false
  slot.draws += 1
  slot.drawing = window.Plotly.react(slot.node, tracesOf(slot, board), layoutOf(slot, board.look), CONFIG)
  if (!slot.drawn) listen(board, slot)
  slot.drawn = true
  offerPoints(board, slot)
  offerThumbnails(slot)
  keepHover(board, slot)
}

function resizeChart(board, slot) {
  const size = `${slot.node.clientWidth} x ${slot.node.clientHeight}`
  if (!slot.node.clientWidth || size === slot.size) return
  slot.size = size
  if (slot.drawn) window.Plotly.Plots.resize(slot.node)
  else drawChart(board, slot)
}

const MARKED_SIZE = 2.2 // times as large as the other points

function tracesOf(slot, { look: { unit, text }, marked }) {
  return slot.card.figure.data.map((trace) => {
    const larger = { ...trace }
    if (trace.line?.width) larger.line = { ...trace.line, width: trace.line.width * unit }
    if (trace.marker?.size) larger.marker = { ...trace.marker, size: trace.marker.size * unit }
    const place = trace.ids?.indexOf(marked[slot.card.id]) ?? -1
    if (place >= 0) {
      const { size, opacity } = larger.marker
      larger.selectedpoints = [place]
      larger.selected = { marker: { size: MARKED_SIZE * size, opacity: 1, color: text } }
      larger.unselected = { marker: { opacity } }
    }
    return larger
  })
}

const SPIKE = { spikethickness: 1, spikedash: "solid", spikecolor: "rgba(128,128,128,0.8)" }

function layoutOf(slot, { text, background, font, unit }) {
  const { height, ...layout } = slot.card.figure.layout
  const letters = { color: text, family: font, size: (layout.font?.size ?? 11) * unit }
  const margin = Object.fromEntries(Object.entries(layout.margin ?? {}).map(([side, width]) => [side, width * unit]))
  const hoverlabel = { bgcolor: background, bordercolor: "rgba(128,128,128,0.6)", font: letters }
  const themed = { ...layout, margin, hoverlabel, font: letters, autosize: true }
  themed.uirevision = layout.uirevision ?? slot.card.id // the legend's state survives updates
  for (const name of axisNames(layout)) {
    const range = slot.view[name] ?? (name === "xaxis" && !layout.xaxis.range && slot.shared)
    themed[name] = { ...layout[name], ...SPIKE, ...(range && { range, autorange: false }), uirevision: slot.draws }
  }
  return themed
}

function axisNames(layout) {
  return Object.keys(layout).filter((name) => /^[xy]axis\d*$/.test(name))
}

function watchChart(board, slot) {
  const { title } = slot.card
  slot.reset = slot.head.appendChild(button("Reset zoom", `Reset the zoom of ${title}`, () => resetView(board, slot)))
  slot.reset.hidden = true
  board.observer.observe(slot.node)
}

// ------------------------------------------------------------------------------------------------ linked charts

function listen(board, slot) {
  slot.node.on("plotly_relayout", (event) => rememberView(board, slot, event))
  slot.node.on("plotly_doubleclick", () => resetView(board, slot))
  slot.node.on("plotly_hover", ({ xvals }) => {
    board.hover = { slot, x: xvals?.[0] }
    for (const other of siblings(board, slot)) keepHover(board, other)
  })
  slot.node.on("plotly_unhover", () => {
    board.hover = null
    for (const { node } of siblings(board, slot)) window.Plotly.Fx.unhover(node)
  })
}

/** Show the hovered position on a linked chart, and keep it where it belongs when the data below it change. */
function keepHover(board, slot) {
  const { hover } = board
  if (hover?.x === undefined || slot.card.figure.layout.hovermode !== "x unified") return
  if (slot !== hover.slot && !siblings(board, hover.slot).includes(slot)) return
  const quietly = true // it must not count as a hover of the reader's
  window.Plotly.Fx.hover(slot.node, { xval: hover.x }, "xy", quietly)
}

function siblings(board, slot) {
  const { link } = slot.card
  return [...board.slots.values()].filter((other) => link && other !== slot && other.card.link === link && other.drawn)
}

/** The positions that linked charts cover together: they run alike from the start, whatever each has measured. */
function sharedRange(board, link) {
  let [low, high] = [Infinity, -Infinity]
  for (const { card } of board.slots.values()) {
    if (!link || card.link !== link || (card.figure.layout.xaxis?.type ?? "linear") !== "linear") continue
    for (const x of card.figure.data.flatMap((trace) => trace.x ?? [])) {
      if (x < low) low = x
      if (x > high) high = x
    }
  }
  return low < high ? [low, high] : null
}

/** Keep the ranges a reader has set, and hand the horizontal one to the linked charts. */
function rememberView(board, slot, event) {
  const touched = new Set(Object.keys(event).map((key) => key.split(".")[0]))
  for (const name of axisNames(slot.node.layout)) {
    if (!touched.has(name)) continue
    const { range, autorange } = slot.node.layout[name]
    if (autorange || !range) delete slot.view[name]
    else slot.view[name] = [...range]
  }
  showReset(slot)
  if (!touched.has("xaxis")) return
  for (const other of siblings(board, slot)) {
    if (JSON.stringify(other.view.xaxis) === JSON.stringify(slot.view.xaxis)) continue
    other.view = { ...other.view, xaxis: slot.view.xaxis }
    showReset(other)
    drawChart(board, other)
  }
}

function resetView(board, slot) {
  for (const each of [slot, ...siblings(board, slot)]) {
    each.view = {}
    showReset(each)
    drawChart(board, each)
  }
}

function showReset(slot) {
  slot.reset.hidden = !Object.values(slot.view).some(Boolean)
}
