// Streamlit pushes every address that a page says of itself. A person who comes to a page would have two places in the
// history for one visit, and the first Back would seem to do nothing. So what follows without their doing replaces.
// After Back and Forward, a page that was left before it was whole still says its address: that is for no place.
let touched = false
let returned = false
const push = history.pushState.bind(history)

history.pushState = (state, title, url) => {
  const elsewhere = new URL(url ?? "", location).pathname !== location.pathname
  if (returned && elsewhere) return
  if (touched) push(state, title, url)
  else history.replaceState(state, title, url)
  touched = false
}

const sameHere = event => event.composedPath().some(node => node.dataset?.place === "same") // such as each stroke
const act = event => ([touched, returned] = [touched || !sameHere(event), false])

for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, act, true)
addEventListener("popstate", () => ([touched, returned] = [false, true]), true)

export default function () {} // all of it is done once, when the browser loads this
