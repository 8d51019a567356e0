// How a program here talks with its test: a line of settings comes first; an address to visit goes out and where the
// browser ended comes back; last goes out what was found.
import { createInterface } from 'node:readline'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const read = async () => (await lines.next()).value

export const settings = JSON.parse(await read())

export async function visit(address) {
  console.log(JSON.stringify({ visit: String(address) }))
  return new URL(await read())
}

export function report(found) {
  console.log(JSON.stringify({ found }))
  process.exit(0)
}

export const signingKey = () =>
  crypto.subtle.importKey('jwk', settings.private_jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
