const SECONDS_SAID = 2

export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button")
  const label = parentElement.querySelector(".label")
  label.textContent = data.label
  button.onclick = async () => {
    label.textContent = (await copied(data.text)) ? "Copied" : "Not copied: the browser refuses"
    setTimeout(() => (label.textContent = data.label), 1000 * SECONDS_SAID)
    button.blur() // Space belongs to the transport
  }
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copiedFromPage(text) // a page that is not served by https or from this machine has no clipboard
  }
}

function copiedFromPage(text) {
  const field = Object.assign(document.createElement("textarea"), { value: text })
  document.body.append(field)
  field.select()
  const done = document.execCommand("copy")
  field.remove()
  return done
}
