const YEAR = 365 * 24 * 3600
let told = false

export default function ({ data, setStateValue }) {
  if (data.known || told) return
  told = true
  setStateValue("token", kept(data.cookie) ?? made(data.cookie))
}

function kept(name) {
  return document.cookie.match(new RegExp(`(?:^|; )${name}=([0-9a-f]{64})(?:;|$)`))?.[1]
}

function made(name) {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  const token = Array.from(bytes, byte => byte.toString(16).padStart(2, "0")).join("")
  const secure = location.protocol === "https:" ? "; Secure" : ""
  document.cookie = `${name}=${token}; Max-Age=${YEAR}; Path=/; SameSite=Strict${secure}`
  return token
}
