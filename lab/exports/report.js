// The boards of a report; follows the scripts that draw a board, in the same module.

const dark = window.matchMedia("(prefers-color-scheme: dark)")

for (const parentElement of document.querySelectorAll("[data-board]")) {
  const data = new TextEncoder().encode(document.getElementById(parentElement.dataset.board).textContent)
  const drawn = () => liveBoard({ data, parentElement })
  drawn()
  dark.addEventListener("change", drawn)
}

// Charts are drawn when they come into sight; on paper all do.
window.addEventListener("beforeprint", () => {
  for (const parentElement of document.querySelectorAll("[data-board]")) {
    const board = boards.get(parentElement)
    for (const slot of board.slots.values()) {
      if (slot.card.kind !== "chart") continue
      slot.inSight = true
      if (slot.stale) drawChart(board, slot)
    }
  }
})
