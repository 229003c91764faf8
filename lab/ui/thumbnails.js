// A row of small pictures, one of which may be chosen: one stop for Tab, arrows go from one to the next.
export default function ({ data, parentElement, setTriggerValue }) {
  const row = parentElement.querySelector(".row")
  row.style.setProperty("--side", `${data.side}px`)
  row.ariaLabel = data.label
  if (!data.choice) {
    row.role = "presentation"
    row.replaceChildren(...data.pictures.map(picture))
    return
  }
  const focused = [...row.children].indexOf(row.getRootNode().activeElement)
  const same = row.dataset.shown === JSON.stringify(data.pictures)
  if (!same) row.replaceChildren(...data.pictures.map(shown => button(shown)))
  row.dataset.shown = JSON.stringify(data.pictures)
  const buttons = [...row.children]
  const chosen = data.pictures.findIndex(shown => shown.id === data.chosen)
  buttons.forEach((each, at) => {
    each.ariaPressed = String(at === chosen)
    each.tabIndex = at === Math.max(0, chosen) ? 0 : -1
    each.onclick = () => setTriggerValue("chosen", data.pictures[at].id)
  })
  if (!same && focused >= 0) buttons[Math.min(focused, buttons.length - 1)]?.focus()
  row.onkeydown = event => {
    const at = buttons.indexOf(event.target)
    const columns = buttons.filter(each => each.offsetTop === buttons[0].offsetTop).length
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -at, End: buttons.length - 1 - at }
    if (event.key === " " || event.key in steps) event.stopPropagation() // a key of the page does something else
    if (!(event.key in steps)) return
    event.preventDefault()
    const next = buttons[at + steps[event.key]]
    if (!next) return
    buttons.forEach(each => (each.tabIndex = each === next ? 0 : -1))
    next.focus()
  }
}

function picture({ source, title }) {
  return Object.assign(document.createElement("img"), { src: source, alt: title, title })
}

function button({ source, title, caption }) {
  const made = Object.assign(document.createElement("button"), { type: "button", title })
  made.ariaLabel = title
  made.append(picture({ source, title: "" }))
  if (caption) made.append(Object.assign(document.createElement("span"), { textContent: caption, ariaHidden: "true" }))
  return made
}
