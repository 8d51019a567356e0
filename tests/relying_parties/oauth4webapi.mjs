// oauth4webapi, step by step: each answer goes through the library's own check before the next request. Where it is to
// be strict, it pushes its request and binds its tokens to a key.
import * as oauth from 'oauth4webapi'
import { report, settings, signingKey, visit } from './conversation.mjs'

const issuer = new URL(settings.issuer)
const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer))
const client = { client_id: settings.client_id, require_auth_time: true, id_token_signed_response_alg: 'ES256' }
const proof = settings.private_jwk
  ? oauth.PrivateKeyJwt({ key: await signingKey(), kid: settings.private_jwk.kid })
  : oauth.None()
const bound = settings.strict ? { DPoP: oauth.DPoP(client, await oauth.generateKeyPair('ES256')) } : {}

// Ask, and check the answer; once more where the server wants its nonce in the proof.
async function ask(request, check) {
  try {
    return await check(await request())
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error
    return check(await request())
  }
}

const verifier = oauth.generateRandomCodeVerifier()
const state = oauth.generateRandomState()
const nonce = oauth.generateRandomNonce()
const request = new URL(server.authorization_endpoint)
let parameters = {
  client_id: client.client_id,
  redirect_uri: settings.redirect_uri,
  response_type: 'code',
  scope: settings.scope,
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  state,
  nonce,
  max_age: '3600',
}
if (settings.strict) {
  const pushed = await ask(
    () => oauth.pushedAuthorizationRequest(server, client, proof, parameters, bound),
    (answer) => oauth.processPushedAuthorizationResponse(server, client, answer),
  )
  parameters = { client_id: client.client_id, request_uri: pushed.request_uri }
}
request.search = new URLSearchParams(parameters)
const callback = oauth.validateAuthResponse(server, client, await visit(request), state)
const tokens = await ask(
  () =>
    oauth.authorizationCodeGrantRequest(server, client, proof, callback, settings.redirect_uri, verifier, bound),
  async (answer) => {
    const expected = { expectedNonce: nonce, maxAge: 3600, requireIdToken: true }
    const checked = await oauth.processAuthorizationCodeResponse(server, client, answer, expected)
    await oauth.validateApplicationLevelSignature(server, answer)
    return checked
  },
)
const claims = oauth.getValidatedIdTokenClaims(tokens)

const userInfoOf = (token) =>
  ask(
    () => oauth.userInfoRequest(server, client, token, bound),
    (answer) => oauth.processUserInfoResponse(server, client, claims.sub, answer),
  )
const refresh = (token) =>
  ask(
    () => oauth.refreshTokenGrantRequest(server, client, proof, token, bound),
    (answer) => oauth.processRefreshTokenResponse(server, client, answer),
  )
const userinfo = await userInfoOf(tokens.access_token)
const refreshed = await refresh(tokens.refresh_token)
const again = await userInfoOf(refreshed.access_token)

const leaving = new URL(server.end_session_endpoint)
leaving.search = new URLSearchParams({ id_token_hint: tokens.id_token })
const signedOut = await visit(leaving)
const refusal = await refresh(refreshed.refresh_token).catch((error) => error.error)
report({ claims, userinfo, again, token_type: tokens.token_type, signed_out: signedOut.href, refusal })
