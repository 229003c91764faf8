// Pictures of the points of a chart: that of the point which is pointed at, by mouse or by keys, is shown beside it.

const [SIDE, APART] = [96, 14] // pixels
const GRAYS = Uint8Array.from({ length: 4 * 256 }, (_, at) => (at % 4 < 3 ? Math.floor(at / 4) : 0)) // see bitmap

function offerThumbnails(slot) {
  if (!slot.card.thumbnails || slot.hovers) return
  slot.hovers = true
  slot.node.on("plotly_hover", ({ points }) => showThumbnail(slot, points[0]))
  slot.node.on("plotly_unhover", hideThumbnail)
  for (const event of ["mouseleave", "blur"]) slot.node.addEventListener(event, hideThumbnail)
}

function showThumbnail(slot, { data, pointNumber, bbox }) {
  const { names, width, values } = slot.card.thumbnails ?? { names: [] }
  const at = names.indexOf(String(data.ids?.[pointNumber]))
  if (at < 0) return hideThumbnail()
  if (slot.thumbnails?.values !== values) slot.thumbnails = { values, bytes: bytesOf(values) }
  const size = slot.thumbnails.bytes.length / names.length
  const node = thumbnail()
  node.src = bitmap(width, slot.thumbnails.bytes.subarray(at * size, (at + 1) * size), GRAYS)
  const [x, y] = bbox ? besidePoint(slot.node, bbox) : inCorner(slot.node)
  Object.assign(node.style, { left: `${x}px`, top: `${y}px` })
  node.hidden = false
}

/** Above the point, or below it where there is no room; plotly counts from what the chart is placed in. */
function besidePoint(node, { x0, x1, y0, y1 }) {
  const { left, top } = (node.offsetParent ?? document.documentElement).getBoundingClientRect()
  const above = top + y0 - SIDE - APART
  return [Math.max(0, left + (x0 + x1 - SIDE) / 2), above > 0 ? above : top + y1 + APART]
}

/** Of a point that is chosen by keys plotly does not say where it is. */
function inCorner(node) {
  const { right, top } = node.getBoundingClientRect()
  return [right - SIDE - APART, Math.max(0, top + APART)]
}

function hideThumbnail() {
  const node = document.querySelector("img.lab-thumbnail")
  if (node) node.hidden = true
}

/** One for the page: only one point is pointed at. */
function thumbnail() {
  const there = document.querySelector("img.lab-thumbnail")
  if (there) return there
  const node = element("img", "lab-thumbnail")
  Object.assign(node, { alt: "", decoding: "sync" }) // what the point is called is said beside it
  Object.assign(node.style, { width: `${SIDE}px`, height: `${SIDE}px` })
  return document.body.appendChild(node)
}
