// Walks one payment and one webhook through a simulator with Vipps MobilePay's own JavaScript client, exactly as it is
// published. The client only knows Vipps' two hosts, so `fetch` is told to find them at the simulator; nothing else
// about the client or its requests is touched.
//
//   node walk.mjs BASE_URL     prints one line of JSON per step; exit 0 when every step was as it must be

import assert from "node:assert/strict";
import { createHash, createHmac, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

const base = new URL(process.argv[2] ?? "");
const { CLIENT_ID, CLIENT_SECRET, SUBSCRIPTION_KEY, MSN } = process.env;
const vipps = new Set(["apitest.vipps.no", "api.vipps.no"]);

const real = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  const url = new URL(request.url);
  assert(vipps.has(url.host), `the client called ${url.host}`);
  const body = request.body ? await request.arrayBuffer() : undefined;
  const there = new URL(url.pathname + url.search, base);
  return real(there, { method: request.method, headers: request.headers, body });
};

const { Client } = await import("@vippsmobilepay/sdk");

const client = Client({
  merchantSerialNumber: MSN,
  subscriptionKey: SUBSCRIPTION_KEY,
  useTestMode: true,
  retryRequests: false,
  systemName: "acme",
  systemVersion: "1.0",
  pluginName: "acme-webshop",
  pluginVersion: "2.0",
});

async function step(name, call) {
  const answer = await call();
  console.log(JSON.stringify({ step: name, ok: answer.ok, ...(answer.ok ? { data: answer.data } : { error: answer.error }) }));
  assert(answer.ok, `${name}: ${answer.error?.message ?? JSON.stringify(answer.error)}`);
  return answer.data;
}

// A receiver of our own, which checks every signature from the published description alone.
const received = [];
let secret;
const receiver = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const hash = createHash("sha256").update(body).digest("base64");
  const { host, "x-ms-date": date, "x-ms-content-sha256": claimed, authorization } = request.headers;
  const text = `POST\n${request.url}\n${date};${host};${hash}`;
  const signature = createHmac("sha256", secret).update(text).digest("base64");
  const good = `HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=${signature}`;
  const valid = hash === claimed && authorization === good;
  received.push({ ...JSON.parse(body), valid });
  receiver.emit("delivery");
  response.writeHead(valid ? 200 : 401).end();
});
receiver.listen(0, "127.0.0.1");
await once(receiver, "listening");

const arrived = async (count) => {
  while (received.length < count) await once(receiver, "delivery", { signal: AbortSignal.timeout(20_000) });
};
const nok = (value) => ({ currency: "NOK", value });

try {
  const { access_token: token } = await step("token", () => client.auth.getToken(CLIENT_ID, CLIENT_SECRET));

  const events = ["created", "authorized", "captured", "refunded", "cancelled"].map((it) => `epayments.payment.${it}.v1`);
  const url = `http://127.0.0.1:${receiver.address().port}/hooks?shop=1`;
  const webhook = await step("webhook.register", () => client.webhook.register(token, { url, events }));
  secret = webhook.secret;

  const reference = `acme-${randomUUID()}`;
  const created = await step("create", () =>
    client.payment.create(token, {
      amount: nok(49900),
      paymentMethod: { type: "WALLET" },
      customer: { phoneNumber: "4712345678" },
      reference,
      returnUrl: `https://example.com/return?reference=${reference}`,
      userFlow: "WEB_REDIRECT",
      paymentDescription: "One pair of socks",
    }));
  assert.equal(created.reference, reference);
  assert.match(created.redirectUrl, /^https?:/);
  assert.equal((await step("get", () => client.payment.info(token, reference))).state, "CREATED");

  await step("approve", () => client.payment.forceApprove(token, reference, { customer: { phoneNumber: "4712345678" } }));
  assert.equal((await step("get", () => client.payment.info(token, reference))).state, "AUTHORIZED");

  const captured = await step("capture", () => client.payment.capture(token, reference, { modificationAmount: nok(30000) }));
  assert.equal(captured.aggregate.capturedAmount.value, 30000);
  const refunded = await step("refund", () => client.payment.refund(token, reference, { modificationAmount: nok(10000) }));
  assert.equal(refunded.aggregate.refundedAmount.value, 10000);
  const cancelled = await step("cancel", () => client.payment.cancel(token, reference));
  assert.equal(cancelled.aggregate.cancelledAmount.value, 19900);

  const history = await step("events", () => client.payment.history(token, reference));
  const names = ["CREATED", "AUTHORIZED", "CAPTURED", "REFUNDED", "CANCELLED"];
  assert.deepEqual(history.map((it) => it.name), names);

  await arrived(names.length);
  assert.deepEqual(received.map((it) => it.name), names);
  assert(received.every((it) => it.valid && it.msn === MSN && it.reference === reference));

  const listed = await step("webhook.list", () => client.webhook.list(token));
  assert.deepEqual(listed.webhooks, [{ id: webhook.id, url, events }]);
  await step("webhook.delete", () => client.webhook.delete(token, webhook.id));
  assert.deepEqual((await step("webhook.list", () => client.webhook.list(token))).webhooks, []);
} finally {
  receiver.close();
  receiver.closeAllConnections();
}
