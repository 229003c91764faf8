// In a page that is measured: how long it takes from what a reader does until pictures and charts have changed.

const QUIET = 700 // milliseconds without a change, after which all are taken to be drawn

/** What every picture and chart of the page's boards shows. */
function drawn() {
  const found = new Map()
  for (const picture of document.querySelectorAll(".lab-card .lab-frame img")) {
    if (picture.complete && picture.painted) found.set(picture, picture.painted.at(-1))
  }
  for (const chart of document.querySelectorAll(".lab-card .lab-chart")) if (chart.data) found.set(chart, chart.data)
  return found
}

function isNew(there, before) {
  return [...there].some(([node, shown]) => before.get(node) !== shown)
}

/** Resolves when nothing has changed for a while. */
function settle() {
  let [last, seen] = [performance.now(), drawn()]
  return new Promise((resolve) => {
    const look = (now) => {
      const there = drawn()
      if (isNew(there, seen)) last = now
      seen = there
      if (now - last > QUIET) resolve()
      else requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  })
}

/** Resolves to the milliseconds from the next click or key until the first change is in sight, and until the last. */
function timeNext() {
  let [began, first, last, seen] = [null, null, null, drawn()]
  const begin = ({ timeStamp }) => (began ??= timeStamp)
  for (const kind of ["click", "keydown"]) addEventListener(kind, begin, { capture: true, once: true })
  return new Promise((resolve) => {
    let fresh = false
    const look = () => {
      const now = performance.now()
      if (fresh) [first, last] = [first ?? now, now] // found before this frame, so that the one before has shown it
      const there = drawn()
      fresh = began !== null && isNew(there, seen)
      seen = there
      if (first !== null && now - last > QUIET) resolve([first - began, last - began])
      else requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  })
}

/** Begins to count the frames in which the film shows another moment, and how often its charts are drawn anew. */
function countMoments() {
  const counted = { moments: 0, charts: 0, going: true }
  const charts = [...document.querySelectorAll(".lab-chart")].filter((chart) => chart.data)
  let [said, data] = [null, charts.map((chart) => chart.data)]
  const look = () => {
    const now = document.querySelector(".lab-when")?.textContent
    if (said !== null && now !== said) counted.moments += 1
    said = now
    const fresh = charts.map((chart) => chart.data)
    counted.charts += fresh.filter((each, index) => each !== data[index]).length
    data = fresh
    if (counted.going) requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
  return counted
}
