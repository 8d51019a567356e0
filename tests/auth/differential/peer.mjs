// npm's oidc-provider in memory, with the clients that the test gives it, on the loopback interface. Whoever comes to
// its page to sign in is signed in.
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { Provider } from 'oidc-provider'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const { port, clients } = JSON.parse((await lines.next()).value)

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients,
  clientAuthMethods: ['none', 'private_key_jwt'],
  enabledJWA: { clientAuthSigningAlgValues: ['ES256'], dPoPSigningAlgValues: ['ES256'] },
  scopes: ['openid', 'profile', 'email', 'offline_access'],
  claims: { openid: ['sub'], profile: ['name', 'locale', 'zoneinfo'], email: ['email'] },
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
  },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, accountId) => ({ accountId, claims: async () => ({ sub: accountId }) }),
  responseTypes: ['code'],
  // A refresh token is exchanged once, as ours is.
  rotateRefreshToken: true,
  issueRefreshToken: async (_, client, code) =>
    client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
})

async function agree(request, answer) {
  const { params } = await provider.interactionDetails(request, answer)
  const grant = new provider.Grant({ accountId: 'somebody', clientId: params.client_id })
  grant.addOIDCScope(params.scope)
  const result = { login: { accountId: 'somebody' }, consent: { grantId: await grant.save() } }
  await provider.interactionFinished(request, answer, result, { mergeWithLastSubmission: false })
}

const handle = provider.callback()
createServer((request, answer) => {
  if (!request.url.startsWith('/interaction/')) return handle(request, answer)
  agree(request, answer).catch((error) => answer.writeHead(500).end(String(error)))
}).listen(port, '127.0.0.1', () => console.log(JSON.stringify({ ready: true })))
