import { appNamed, appUrl, passwordFrom, type Service, type Stack } from '@gridpact/deploy';
import { z } from 'zod';

const tokenAnswer = z.object({ access_token: z.string() });
const discovered = z.object({ token_endpoint: z.url() });

/** Address of a service of the stack. */
export function urlOf(stack: Stack, service: Service): string {
  return appUrl(stack.ports.base, appNamed(service));
}

/** A fresh access token of a client that provisioning made, such as `operator`. */
export function tokenOf(stack: Stack, client: string): Promise<string> {
  return clientToken(stack, client, passwordFrom(stack.clients, client));
}

/** A fresh access token of a client with its secret. */
export async function clientToken(stack: Stack, client: string, secret: string): Promise<string> {
  const discovery = await fetch(`${urlOf(stack, 'identity')}/.well-known/openid-configuration`);
  const { token_endpoint } = discovered.parse(await discovery.json());
  const basic = Buffer.from(`${client}:${secret}`).toString('base64');
  const body = new URLSearchParams({ grant_type: 'client_credentials' });
  const answer = await fetch(token_endpoint, { method: 'POST', headers: { authorization: `Basic ${basic}` }, body });
  return tokenAnswer.parse(await answer.json()).access_token;
}

/** What a client of the stack reads from a service. */
export async function readAs<S extends z.ZodType>(
  stack: Stack,
  client: string,
  { service, path, schema }: { service: Service; path: string; schema: S },
): Promise<z.infer<S>> {
  const headers = { authorization: `Bearer ${await tokenOf(stack, client)}` };
  const answer = await fetch(`${urlOf(stack, service)}${path}`, { headers });
  if (!answer.ok) throw new Error(`${service} answers ${answer.status} to ${path}: ${await answer.text()}`);
  return schema.parse(await answer.json());
}
