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

for (const act of ["pointerdown", "keydown"]) addEventListener(act, () => ([touched, returned] = [true, false]), true)
addEventListener("popstate", () => ([touched, returned] = [false, true]), true)

export default function () {} // all of it is done once, when the browser loads this
