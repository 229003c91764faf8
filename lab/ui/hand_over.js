const handed = new Set() // a change of theme runs this again, and is no wish for the file

export default function ({ data }) {
  const end = data.indexOf(10)
  const { id, name, type } = JSON.parse(new TextDecoder().decode(data.subarray(0, end)))
  if (handed.has(id)) return
  handed.add(id)
  const file = new Blob([data.subarray(end + 1)], { type })
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(file), download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000) // once the browser has surely taken it
}
