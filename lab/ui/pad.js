// A pad of 28x28 pixels. Its picture lives here, by the key of the pad: a rerun of the page, or a visit of another one,
// takes no stroke away. Python's picture is taken only where its version says that it is another one.
const SIDE = 28
const BETWEEN = 120 // milliseconds between two pictures that are sent while one draws
const PATIENCE = 800 // milliseconds that a page which is still at the one before may keep the next one waiting
const REMEMBERED = 60 // changes that can be undone
const EDGE = 1.2 // pixels over which a stroke fades, as MNIST's do
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
const pads = (globalThis.__labPads ??= new Map())

export default function ({ data, parentElement, setStateValue }) {
  if (!pads.has(data.key)) pads.set(data.key, new Pad()) // Streamlit's own key is another one on every page
  const pad = pads.get(data.key)
  pad.tell = setStateValue
  const root = parentElement.querySelector(".pad")
  if (pad.root !== root) pad.appear(root)
  pad.take(data)
}

class Pad {
  pixels = new Uint8Array(SIDE * SIDE)
  done = []
  undone = []
  version = null
  cursor = [SIDE / 2, SIDE / 2]
  erasing = false
  width = 2.5
  last = null // where the stroke under way has come to
  sent = 0
  timer = 0

  appear(root) {
    this.root = root
    this.offered = null
    const find = name => root.querySelector(`.${name}`)
    this.parts = Object.fromEntries(["field", "cursor", "samples", "said", "width", "draw", "erase"].map(n => [n, find(n)]))
    this.canvas = root.querySelector("canvas").getContext("2d")
    const { field, width, draw, erase } = this.parts
    field.onpointerdown = event => this.press(event)
    field.onpointermove = event => this.drag(event)
    field.onpointerup = field.onpointercancel = field.onlostpointercapture = () => this.lift()
    field.onfocus = () => field.matches(":focus-visible") && this.showCursor()
    field.onblur = () => (this.lift(), (this.parts.cursor.hidden = true))
    root.onkeydown = event => this.key(event)
    root.onkeyup = event => {
      if (event.key !== " ") return
      event.stopPropagation()
      if (event.target === field) this.lift()
    }
    draw.onclick = () => this.use(false)
    erase.onclick = () => this.use(true)
    width.value = this.width
    width.oninput = () => ((this.width = Number(width.value)), this.say(`${this.width} pixels wide`))
    for (const act of ["undo", "redo", "clear"]) find(act).onclick = () => this[act]()
    this.use(this.erasing)
    this.show()
  }

  take({ version, pixels, samples }) {
    if (version !== this.version) {
      if (this.version !== null) this.remember()
      this.version = version
      this.pixels = decoded(pixels)
      this.last = null
    }
    const offered = JSON.stringify(samples)
    if (offered !== this.offered) {
      this.offered = offered
      this.parts.samples.replaceChildren(...samples.map(sample => this.sample(sample)))
    }
    this.show()
  }

  sample({ title, pixels }) {
    const picture = Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE })
    paint(picture.getContext("2d"), decoded(pixels))
    const button = Object.assign(document.createElement("button"), { type: "button", title: `Begin with ${title}` })
    button.ariaLabel = button.title
    button.append(picture)
    button.onclick = () => this.become(decoded(pixels), `${title} is on the pad, to be changed`)
    return button
  }

  // Strokes, in pixels of the picture

  begin(place) {
    this.remember()
    this.last = place
    this.stroke(place)
  }

  stroke(place) {
    const reach = this.width / 2 + EDGE / 2
    const [[x0, y0], [x1, y1]] = [this.last, place]
    const [dx, dy] = [x1 - x0, y1 - y0]
    const length = dx * dx + dy * dy
    const [left, right] = span(x0, x1, reach)
    const [top, bottom] = span(y0, y1, reach)
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        const [cx, cy] = [x + 0.5 - x0, y + 0.5 - y0]
        const along = length ? Math.min(1, Math.max(0, (cx * dx + cy * dy) / length)) : 0
        const distance = Math.hypot(cx - along * dx, cy - along * dy)
        const ink = Math.round(255 * Math.min(1, Math.max(0, (reach - distance) / EDGE)))
        const at = y * SIDE + x
        this.pixels[at] = this.rubbing ? Math.min(this.pixels[at], 255 - ink) : Math.max(this.pixels[at], ink)
      }
    }
    this.last = place
    this.show()
    this.send(false)
  }

  lift() {
    if (!this.last) return
    this.last = null
    this.send(true)
  }

  // The pointer: mouse, finger or pen

  press(event) {
    if (!event.isPrimary || (event.button !== 0 && event.button !== 5)) return
    event.preventDefault()
    this.parts.field.focus({ preventScroll: true })
    this.parts.cursor.hidden = true
    this.parts.field.setPointerCapture(event.pointerId)
    this.rubbing = this.erasing || event.button === 5 // the other end of a pen
    this.begin(this.place(event))
  }

  drag(event) {
    if (!this.last || !event.isPrimary || !event.buttons) return
    const events = event.getCoalescedEvents?.() ?? []
    for (const each of events.length ? events : [event]) this.stroke(this.place(each))
  }

  place({ clientX, clientY }) {
    const { left, top, width, height } = this.parts.field.querySelector("canvas").getBoundingClientRect()
    return [((clientX - left) / width) * SIDE, ((clientY - top) / height) * SIDE]
  }

  // The keyboard. What the pad understands is no key of the page, such as Space, which pauses a run.

  key(event) {
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key
    if (event.ctrlKey || event.metaKey) {
      if (name !== "z" && name !== "y") return
      this[name === "y" || event.shiftKey ? "redo" : "undo"]()
    } else if (event.target !== this.parts.field) {
      if (name === " " || name in STEPS || name === "Home") event.stopPropagation()
      return
    } else if (name in STEPS) this.move(STEPS[name], event.shiftKey ? 4 : 1)
    else if (name === " ") event.repeat || this.last || this.set()
    else if (name === "Enter") this.last ? (this.lift(), this.say("Pen up")) : (this.set(), this.say("Pen down"))
    else if (name === "e") this.use(!this.erasing)
    else if (name === "Delete" || name === "Backspace") this.clear()
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  move([right, down], pixels) {
    const inside = value => Math.min(SIDE - 1, Math.max(0, value))
    this.cursor = [inside(this.cursor[0] + right * pixels), inside(this.cursor[1] + down * pixels)]
    if (this.last) this.stroke(this.middle())
    this.showCursor()
    const ink = Math.round(this.pixels[this.cursor[1] * SIDE + this.cursor[0]] / 2.55)
    this.say(`Row ${this.cursor[1] + 1}, column ${this.cursor[0] + 1}: ${ink} % ink`)
  }

  set() {
    this.rubbing = this.erasing
    this.begin(this.middle())
    this.showCursor()
  }

  middle() {
    return this.cursor.map(value => value + 0.5)
  }

  // Whole pictures

  undo() {
    this.turn(this.done, this.undone, "Undone", "Nothing to undo")
  }

  redo() {
    this.turn(this.undone, this.done, "Done again", "Nothing to do again")
  }

  turn(from, to, said, nothing) {
    if (!from.length) return this.say(nothing)
    this.last = null
    to.push(this.pixels)
    this.pixels = from.pop()
    this.changed(said)
  }

  clear() {
    if (this.pixels.some(Boolean)) this.become(new Uint8Array(SIDE * SIDE), "Cleared")
  }

  become(pixels, said) {
    this.last = null
    this.remember()
    this.pixels = pixels
    this.changed(said)
  }

  changed(said) {
    this.show()
    this.say(said)
    this.send(true)
  }

  remember() {
    this.done = [...this.done.slice(1 - REMEMBERED), this.pixels.slice()]
    this.undone = []
  }

  // To Python: at once where a stroke has ended, else not more often than the page can follow

  send(now) {
    clearTimeout(this.timer)
    const since = performance.now() - this.sent
    const busy = document.querySelector("[data-test-script-state=running]") !== null
    if (!now && since < (busy ? PATIENCE : BETWEEN)) {
      this.timer = setTimeout(() => this.send(false), busy ? BETWEEN / 3 : BETWEEN - since)
      return
    }
    this.sent = performance.now()
    this.tell("drawn", { version: this.version, pixels: encoded(this.pixels) })
  }

  // What one sees and hears

  use(erasing) {
    if (this.erasing !== erasing) this.say(erasing ? "Eraser" : "Brush")
    this.erasing = erasing
    this.parts.draw.ariaPressed = String(!erasing)
    this.parts.erase.ariaPressed = String(erasing)
  }

  show() {
    paint(this.canvas, this.pixels)
    this.root.querySelector(".undo").disabled = !this.done.length
    this.root.querySelector(".redo").disabled = !this.undone.length
    this.root.querySelector(".clear").disabled = !this.pixels.some(Boolean)
    this.root.classList.toggle("blank", !this.pixels.some(Boolean))
  }

  showCursor() {
    const { cursor } = this.parts
    cursor.hidden = false
    cursor.classList.toggle("down", Boolean(this.last))
    cursor.style.left = `${(100 * this.cursor[0]) / SIDE}%`
    cursor.style.top = `${(100 * this.cursor[1]) / SIDE}%`
  }

  say(text) {
    this.parts.said.textContent = text
  }
}

function span(from, to, reach) {
  const inside = value => Math.min(SIDE - 1, Math.max(0, Math.floor(value)))
  return [inside(Math.min(from, to) - reach), inside(Math.max(from, to) + reach)]
}

function paint(canvas, pixels) {
  const image = canvas.createImageData(SIDE, SIDE)
  pixels.forEach((value, at) => image.data.set([value, value, value, 255], 4 * at))
  canvas.putImageData(image, 0, 0)
}

function encoded(pixels) {
  return btoa(String.fromCharCode(...pixels))
}

function decoded(text) {
  return Uint8Array.from(atob(text), letter => letter.charCodeAt(0))
}
