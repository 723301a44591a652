// A real OpenID provider (oidc-provider, certified by the OpenID Foundation) for the tests: a few people, a few clients,
// and its own pages for login and consent. It says its address on standard output and ends when its standard input does.
import fs from 'node:fs';
import https from 'node:https';

import Provider, { errors } from 'oidc-provider';

const [folder] = process.argv.slice(2);

const people = {
  ann: { password: 'ann-secret', name: 'Ann Smith', email: 'ann@example.org', groups: ['dev', 'staff'] },
  bob: { password: 'bob-secret', name: 'Bob Jones', email: 'bob@example.org', groups: ['guest'] },
};

// What the access tokens of a client are like: whom they are made out for, and when they end (seconds from now).
const kinds = {
  robot: { audience: 'pileus' },
  cli: { audience: 'pileus' },
  elsewhere: { audience: 'https://other.example.org' },
  late: { audience: 'pileus', end: -120 },
};

const machine = (id) => ({
  client_id: id,
  client_secret: `${id}-secret`,
  grant_types: ['client_credentials', 'password'],
  redirect_uris: [],
  response_types: [],
});

const configuration = {
  clients: [...Object.keys(kinds), 'opaque'].map(machine).concat({ ...machine('pileus'), grant_types: [] }),
  cookies: { keys: ['of the tests'] },
  claims: { openid: ['sub'], profile: ['name'], email: ['email'], groups: ['groups'] },
  scopes: ['openid', 'profile', 'email', 'groups'],
  extraClientMetadata: { properties: [] },
  async findAccount(_ctx, id) {
    const { password, ...claims } = people[id] ?? {};
    return { accountId: id, claims: async () => ({ sub: id, ...claims }) };
  },
  async extraTokenClaims(_ctx, token) {
    const { password, ...claims } = people[token.accountId] ?? { groups: ['robots'] };
    return claims;
  },
  formats: {
    customizers: {
      jwt(_ctx, token, jwt) {
        const end = kinds[token.clientId]?.end;
        if (end) jwt.payload.exp = Math.floor(Date.now() / 1000) + end;
        return jwt;
      },
    },
  },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    registration: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: (_ctx, client) => (kinds[client.clientId] ? `urn:${client.clientId}` : undefined),
      getResourceServerInfo: (_ctx, resource) => ({
        audience: kinds[resource.slice(4)].audience,
        scope: 'openid profile email groups',
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
  ttl: { AccessToken: 600, ClientCredentials: 600, IdToken: 600, Grant: 600, Interaction: 600, Session: 600 },
};

// The password grant is not in oidc-provider itself any more, but there is a way to add it.
async function password(ctx, next) {
  const { client, provider, params } = ctx.oidc;
  if (!people[params.username] || people[params.username].password !== params.password) {
    throw new errors.InvalidGrant('invalid credentials provided');
  }
  const grant = new provider.Grant({ accountId: params.username, clientId: client.clientId });
  grant.addOIDCScope(params.scope);
  const values = { accountId: params.username, client, grantId: await grant.save(), gty: 'password', scope: params.scope };
  const token = new provider.AccessToken(values);
  if (kinds[client.clientId]) {
    const { ResourceServer } = provider;
    token.resourceServer = new ResourceServer(
      `urn:${client.clientId}`,
      configuration.features.resourceIndicators.getResourceServerInfo(ctx, `urn:${client.clientId}`),
    );
  }
  ctx.body = { access_token: await token.save(), expires_in: token.expiration, token_type: token.tokenType };
  await next();
}

const keys = { key: fs.readFileSync(`${folder}/key.pem`), cert: fs.readFileSync(`${folder}/cert.pem`) };
const server = https.createServer(keys);
server.listen(0, '127.0.0.1', () => {
  const issuer = `https://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration);
  provider.registerGrantType('password', password, ['username', 'password', 'scope'], []);
  server.on('request', provider.callback());
  process.stdout.write(`${issuer}\n`);
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
