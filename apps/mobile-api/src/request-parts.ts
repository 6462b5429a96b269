import { type ExecutionContext, createParamDecorator } from '@nestjs/common';
import { base64Text, objectId, opening } from '@gridpact/contracts';
import { base64urlText, leafHashHex } from '@gridpact/statement';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';

/** The user's own access token, handed on to owners as it came. */
export const BearerToken = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { authorization = '' } = context.switchToHttp().getRequest<FastifyRequest>().headers;
  return authorization.replace(/^Bearer /, '');
});

/** The phone's `Idempotency-Key`, handed on; owners decide whether they want one. */
export const IdempotencyKey = createParamDecorator((_: unknown, context: ExecutionContext): string | undefined => {
  const key = context.switchToHttp().getRequest<FastifyRequest>().headers['idempotency-key'];
  return typeof key === 'string' ? key : undefined;
});

/** A statement that the phone signed, and what opens its body. */
export const sentStatement = z.strictObject({ entry: base64Text, opening });
export type SentStatement = z.infer<typeof sentStatement>;

/** First key of a phone: the enrolment code, and `party.registered` signed by that key. */
export const sentRegistration = z.strictObject({ code: z.string().min(1).max(40), entry: base64Text });
export type SentRegistration = z.infer<typeof sentRegistration>;

/** The phone's signature under a contract that its aggregator drafted. */
export const sentSignature = z.strictObject({ protected: base64urlText, signature: base64urlText });
export type SentSignature = z.infer<typeof sentSignature>;

/** Path parameters. */
export const idParameter = objectId;
export const leafHashParameter = leafHashHex;

/** Instructions of one event, or of all. */
export const instructionFilter = z.object({ event: objectId.optional() });
export type InstructionFilter = z.infer<typeof instructionFilter>;
