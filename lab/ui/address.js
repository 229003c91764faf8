// Streamlit pushes every address that a page says of itself. A person who comes to a page would have two places in the
// history for one visit, and the first Back would seem to do nothing. So what follows without their doing replaces.
let touched = false
const push = history.pushState.bind(history)

history.pushState = (state, title, url) => {
  if (touched) push(state, title, url)
  else history.replaceState(state, title, url)
  touched = false
}

for (const act of ["pointerdown", "keydown"]) addEventListener(act, () => (touched = true), true)

export default function () {} // all of it is done once, when the browser loads this
