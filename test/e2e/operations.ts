import { randomUUID } from 'node:crypto';
import type { Service, Stack } from '@gridpact/deploy';
import { z } from 'zod';
import { urlOf } from './staff.ts';

const parameter = z.object({ name: z.string(), in: z.string() });
const operationObject = z.looseObject({
  parameters: z.array(parameter).default([]),
  requestBody: z.unknown().optional(),
});
const document = z.object({ paths: z.record(z.string(), z.record(z.string(), operationObject)) });

/** One operation of a service, as its OpenAPI document lists it. */
export interface Operation {
  readonly service: Service;
  readonly method: string;
  /** Path template, such as `/v1/events/{event}`. */
  readonly path: string;
  readonly queries: readonly string[];
  readonly takesBody: boolean;
}

/** How an operation is asked. */
export interface Asked {
  readonly token?: string | undefined;
  /** Value of every path parameter, percent-encoded already. */
  readonly id?: string;
  /** Query string without its question mark. */
  readonly query?: string;
  readonly body?: string;
  readonly contentType?: string;
}

/** What an operation answered. */
export interface Answered {
  readonly status: number;
  /** The RFC 9457 problem's code; undefined when the answer is none. */
  readonly problem: string | undefined;
}

/** All operations that a running service says it has. */
export async function operationsOf(stack: Stack, service: Service): Promise<Operation[]> {
  const { paths } = document.parse(await (await fetch(`${urlOf(stack, service)}/openapi.json`)).json());
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters, requestBody }]) => ({
      service,
      method: method.toUpperCase(),
      path,
      queries: parameters.filter((one) => one.in === 'query').map(({ name }) => name),
      takesBody: requestBody !== undefined,
    })),
  );
}

/** Asks an operation; path parameters get `id`, or an id that nothing has. */
export async function ask(stack: Stack, operation: Operation, asked: Asked): Promise<Answered> {
  const { id = 'unknown', query, body, contentType = 'application/json', token } = asked;
  const path = operation.path.replaceAll(/\{\w+\}/g, id);
  const answer = await fetch(`${urlOf(stack, operation.service)}${path}${query === undefined ? '' : `?${query}`}`, {
    method: operation.method,
    headers: {
      'idempotency-key': randomUUID(),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': contentType }),
    },
    ...(body !== undefined && { body }),
  });
  return { status: answer.status, problem: problemOf(answer, await answer.text()) };
}

const problemBody = z.object({ status: z.int(), code: z.string(), type: z.string() });

function problemOf(answer: Response, text: string): string | undefined {
  if (!answer.headers.get('content-type')?.startsWith('application/problem+json')) return undefined;
  const parsed = problemBody.safeParse(JSON.parse(text));
  return parsed.success && parsed.data.status === answer.status ? parsed.data.code : undefined;
}
