// openid-client as its README shows it: discovery, code flow with PKCE, userinfo, refresh, sign-out. Where it is to be
// strict, it pushes its request and binds its tokens to a key.
import * as client from 'openid-client'
import { report, settings, signingKey, visit } from './conversation.mjs'

const proof = settings.private_jwk
  ? client.PrivateKeyJwt({ key: await signingKey(), kid: settings.private_jwk.kid })
  : client.None()
const config = await client.discovery(new URL(settings.issuer), settings.client_id, undefined, proof)
client.enableNonRepudiationChecks(config) // the ID token's signature too, although TLS vouches for it

const pkceCodeVerifier = client.randomPKCECodeVerifier()
const expectedState = client.randomState()
const expectedNonce = client.randomNonce()
const request = {
  redirect_uri: settings.redirect_uri,
  scope: settings.scope,
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: 'S256',
  state: expectedState,
  nonce: expectedNonce,
  max_age: '3600',
}
const bound = settings.strict ? { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair()) } : {}
const callback = await visit(
  settings.strict
    ? await client.buildAuthorizationUrlWithPAR(config, request, bound)
    : client.buildAuthorizationUrl(config, request),
)
const checks = { pkceCodeVerifier, expectedState, expectedNonce, maxAge: 3600, idTokenExpected: true }
const tokens = await client.authorizationCodeGrant(config, callback, checks, undefined, bound)
const claims = tokens.claims()
const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub, bound)
const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, bound)
const again = await client.fetchUserInfo(config, refreshed.access_token, claims.sub, bound)

const signedOut = await visit(client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token }))
const refusal = await client
  .refreshTokenGrant(config, refreshed.refresh_token, undefined, bound)
  .catch((error) => error.error)
report({ claims, userinfo, again, token_type: tokens.token_type, signed_out: signedOut.href, refusal })
