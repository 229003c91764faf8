// The boards of a report; follows the scripts that draw a board, in the same module.

const dark = window.matchMedia("(prefers-color-scheme: dark)")

for (const parentElement of document.querySelectorAll("[data-board]")) {
  const data = new TextEncoder().encode(document.getElementById(parentElement.dataset.board).textContent)
  const drawn = () => liveBoard({ data, parentElement })
  drawn()
  dark.addEventListener("change", drawn)
}
