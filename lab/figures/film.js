// A film: a board whose cards are known at several moments, and the scrubber that goes through them by itself.
// Python is told of the moment only when the reader rests at one.

const REST = 300 // milliseconds without a move
const SPEEDS = [1, 2, 5, 10, 20, 30] // moments a second
const [USUAL_SPEED, CALM_SPEED] = [10, 2]
const calm = window.matchMedia("(prefers-reduced-motion: reduce)")

/** Let the board show a message that is new: at the moment where the reader stands, where it has moments. */
function enterFilm(board) {
  const { message } = board
  if (!message.moments) return leaveFilm(board)
  message.leaves = leavesOf(message)
  message.said = message.moments.map(wordsOf)
  message.longest = longest(message.said)
  board.rooms = roomsOf(message)
  board.film ??= createScrubber(board)
  const { film } = board
  const last = message.moments.length - 1
  const { step: before, playing } = film
  film.range.max = last
  film.root.hidden = !last
  if (isAsked(film, message)) take(film, message)
  const place = film.following && !playing ? last : placeOf(message, film.step)
  compose(message, place)
  stand(board, place)
  if (film.step !== before && !film.following) restSoon(board, REST) // where he stood is no longer there
}

function leaveFilm(board) {
  if (!board.film) return
  board.film.playing = false
  clearTimeout(board.film.rest)
  board.film.root.remove()
  board.film = board.rooms = null
}

/** Go where Python wants to, once. */
function obey(board, message) {
  const { film } = board
  if (!isAsked(film, message)) return
  pause(board, false)
  take(film, message)
  goTo(board, film.following ? message.moments.length - 1 : placeOf(message, film.step))
}

function isAsked(film, { asked }) {
  return Boolean(asked) && asked.times !== film.times
}

function take(film, { asked: { step, times } }) {
  Object.assign(film, { times, told: step, step: step ?? Infinity, following: step === null })
}

/** The newest moment that is not later than a step. */
function placeOf({ moments }, step) {
  return Math.max(0, moments.findLastIndex((moment) => moment.step <= step))
}

// ------------------------------------------------------------------------------------------------ what moves

/** Everything that moves: of which card it is, where it stands, and the number of its value at every moment. */
function leavesOf({ cards, moving }) {
  return moving.map(([path, numbers]) => {
    const key = path.at(-1)
    const holder = path.slice(0, -1).reduce((found, name) => found[name], cards)
    return { card: path[0], path, holder, key, numbers: typeof numbers === "number" ? [numbers] : numbers }
  })
}

/** Let the cards be as they are at a moment; returns the numbers of those that change. */
function compose({ leaves, values }, place) {
  const changed = new Set()
  for (const { card, holder, key, numbers } of leaves) {
    const value = values[numbers.length > 1 ? numbers[place] : numbers[0]]
    if (holder[key] === value) continue
    holder[key] = value
    changed.add(card)
  }
  return changed
}

/** The longest of what is said at each place, by card and place, so that nothing jumps when it changes. */
function roomsOf({ leaves, values }) {
  const rooms = new Map()
  for (const { path, numbers } of leaves) {
    const said = [...new Set(numbers)].map((number) => values[number])
    const key = path.join(" ")
    if (path.at(-1) === "cells") rooms.set(key, said[0].map((_, index) => longest(said.map((cells) => cells[index]))))
    else if (typeof said[0] === "string") rooms.set(key, longest(said))
  }
  return rooms
}

function longest(texts) {
  return texts.reduce((one, other) => (other.length > one.length ? other : one))
}

function roomFor(board, card, ...path) {
  return board.rooms?.get([board.message.cards.indexOf(card), ...path].join(" "))
}

// ------------------------------------------------------------------------------------------------ moving

/** Show the moment of that number. */
function goTo(board, place) {
  const { message, film } = board
  if (place === film.place) return
  const before = message.cards.map(({ kind }) => kind)
  const changed = compose(message, place)
  stand(board, place)
  if (message.cards.some(({ kind }, index) => kind !== before[index])) placeCards(board)
  for (const index of changed) {
    const slot = board.slots.get(message.cards[index].id)
    slot.card = message.cards[index]
    slot.stale = true
    if (slot.card.kind === "chart") {
      label(board, slot)
      film.charts.add(slot)
    } else if (slot.inSight || READ.includes(slot.card.kind)) draw(board, slot)
    else label(board, slot)
  }
  drawCharts(film, board)
}

/** Draw the charts that have changed, those first that wait the longest. One takes as long as hundreds of pictures, so
 * that they get half of the time, however many they are. */
async function drawCharts(film, board) {
  if (film.drawing) return // and will come to those, too
  film.drawing = true
  try {
    for (const slot of film.charts) {
      film.charts.delete(slot)
      if (!slot.stale || board.slots.get(slot.card.id) !== slot) continue
      const begin = performance.now()
      await drawChart(board, slot)
      const spent = performance.now() - begin
      if (film.charts.size) await new Promise((resolve) => setTimeout(resolve, spent))
    }
  } finally {
    film.drawing = false
  }
}

function stand(board, place) {
  const { film, message } = board
  const { moments, said } = message
  Object.assign(film, { place, step: moments[place].step, following: place === moments.length - 1 })
  film.range.value = place
  film.range.setAttribute("aria-valuetext", said[place])
  setText(film.text, said[place], message.longest)
}

function wordsOf({ step, epoch, label }) {
  return [`step ${step}`, `epoch ${epoch.toFixed(2)}`, label].filter(Boolean).join(" · ")
}

/** The reader went somewhere: where he stays for a while, he rests. */
function move(board, place) {
  pause(board, false)
  board.film.wanted = place
  board.film.moving ??= requestAnimationFrame(() => {
    board.film.moving = null
    goTo(board, board.film.wanted)
  })
  restSoon(board, REST)
}

function restSoon(board, wait) {
  clearTimeout(board.film.rest)
  board.film.rest = setTimeout(() => rest(board), wait)
}

/** Tell Python where the reader rests; nothing where that is the newest moment, whichever it will be. */
function rest(board) {
  const { film } = board
  for (const slot of board.slots.values()) if (slot.stale && slot.card.kind !== "chart") draw(board, slot)
  const step = film.following ? null : film.step
  if (step === film.told) return
  film.told = step
  board.tell("step", { step, times: film.times })
}

// ------------------------------------------------------------------------------------------------ playing

function play(board) {
  const { film } = board
  if (film.following) goTo(board, 0)
  clearTimeout(film.rest)
  film.playing = true
  showPlaying(film)
  let due = performance.now() + 1000 / speedOf(film)
  const tick = (now) => {
    if (!film.playing) return
    if (now >= due) {
      due = Math.max(now, due + 1000 / speedOf(film))
      goTo(board, Math.min(film.place + 1, board.message.moments.length - 1))
      if (film.following) return pause(board)
    }
    requestAnimationFrame(tick)
  }
  requestAnimationFrame(tick)
}

function pause(board, resting = true) {
  const { film } = board
  if (!film.playing) return
  film.playing = false
  showPlaying(film)
  if (resting) restSoon(board, 0)
}

function speedOf({ speed }) {
  return calm.matches ? Math.min(CALM_SPEED, Number(speed.value)) : Number(speed.value)
}

function showPlaying({ play, playing }) {
  setText(play, playing ? "❚❚ Pause" : "▶ Play")
  play.setAttribute("aria-label", playing ? "Pause" : "Play")
  play.title = playing ? "Stop at this moment (Space)" : "Play the training (Space)"
}

// ------------------------------------------------------------------------------------------------ the scrubber

function createScrubber(board) {
  const root = element("div", "lab-film")
  const film = { root, place: -1, step: Infinity, following: true, told: null, times: 0 }
  Object.assign(film, { playing: false, moving: null, drawing: false, charts: new Set() })
  film.play = root.appendChild(button("", "", () => (film.playing ? pause(board) : play(board))))
  film.play.classList.add("lab-play")
  film.text = root.appendChild(element("output", "lab-when"))
  film.speed = root.appendChild(speedChoice())
  film.range = root.appendChild(Object.assign(element("input", "lab-range"), { type: "range", min: 0, step: 1 }))
  film.range.setAttribute("aria-label", "Moment of training")
  film.range.addEventListener("input", () => move(board, Number(film.range.value)))
  film.range.addEventListener("keydown", (event) => {
    if (event.key === " ") {
      keepKey(event)
      if (!event.repeat) film.play.click()
    }
    event.stopPropagation() // its keys are no shortcuts of the page
  })
  showPlaying(film)
  board.root.prepend(root)
  return film
}

function speedChoice() {
  const choice = element("select", "lab-speed")
  choice.setAttribute("aria-label", "Moments a second")
  choice.title = "Moments a second"
  for (const speed of SPEEDS) choice.append(new Option(`${speed} / s`, speed, false, speed === USUAL_SPEED))
  if (calm.matches) choice.value = CALM_SPEED
  return choice
}
