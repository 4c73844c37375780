// An OpenID provider with two accounts and a plain log-in form, around npm oidc-provider. For tests, on loopback, in memory.
//
// Usage: node server.mjs PORT CLIENT_ID CLIENT_SECRET, from a folder whose node_modules holds oidc-provider.
// It takes prompt=login, max_age and acr_values as the library does. Whoever types the code besides the password has two factors.
import http from "node:http";
import { Provider } from "oidc-provider";

const [port, clientId, clientSecret] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const PASSWORDS = { "subject-ada": "ada at the provider", "subject-ben": "ben at the provider" };
const CODE = "135790";
const asked = [];

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uris: ["http://127.0.0.1/callback", "http://127.0.0.1/sign-on/callback", "http://localhost/sign-on/callback"],
      application_type: "native",
      token_endpoint_auth_method: "client_secret_basic",
    },
  ],
  acrValues: ["urn:test:two-factors", "urn:test:password"],
  claims: { openid: ["sub", "acr", "amr", "auth_time"] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: async (_ctx, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
  cookies: { keys: ["a key for tests"] },
});

const answer = provider.callback();

async function body(request) {
  let text = "";
  for await (const part of request) text += part;
  return new URLSearchParams(text);
}

http
  .createServer(async (request, response) => {
    const path = new URL(request.url, issuer).pathname;
    if (path === "/asked") {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(asked));
      return;
    }
    if (!path.startsWith("/interaction/")) {
      answer(request, response);
      return;
    }
    try {
      const { prompt, params, session } = await provider.interactionDetails(request, response);
      if (prompt.name === "consent") {
        const grant = new provider.Grant({ clientId, accountId: session.accountId });
        grant.addOIDCScope("openid");
        const consent = { grantId: await grant.save() };
        await provider.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true });
        return;
      }
      if (request.method === "GET") {
        asked.push({ prompt: prompt.name, reasons: prompt.reasons, acr_values: params.acr_values });
        response.setHeader("content-type", "text/html");
        response.end('<form method="post"><input name="login"><input name="password" type="password"><input name="code"><button>Log in</button></form>');
        return;
      }
      const given = await body(request);
      if (PASSWORDS[given.get("login")] !== given.get("password") || (given.get("code") && given.get("code") !== CODE)) {
        response.statusCode = 401;
        response.end("not right");
        return;
      }
      const two = given.get("code") === CODE;
      const login = {
        accountId: given.get("login"),
        acr: two ? "urn:test:two-factors" : "urn:test:password",
        amr: two ? ["pwd", "otp", "mfa"] : ["pwd"],
      };
      await provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
    } catch (problem) {
      response.statusCode = 400;
      response.end(String(problem.message));
    }
  })
  .listen(Number(port), "127.0.0.1");
