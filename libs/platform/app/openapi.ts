import { writeFile } from 'node:fs/promises';
import type { INestApplication, Type, DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

/** Title and purpose of a service's HTTP API. */
export interface ApiDescription {
  readonly title: string;
  readonly description: string;
}

const API_VERSION = '1.0.0';

/** OpenAPI 3.1 document of an application's controllers; bodies come from the schemas that check them. */
export function openApiOf(app: INestApplication, api: ApiDescription): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(api.title)
    .setDescription(api.description)
    .setVersion(API_VERSION)
    .addBearerAuth();
  return SwaggerModule.createDocument(app, builder.build());
}

/**
 * Writes the OpenAPI document of a module without starting it: nothing is connected, nothing is read but decorators, so
 * any configuration that parses will do.
 */
export async function writeOpenApi(
  module: Type | DynamicModule,
  file: string,
  api: ApiDescription = { title: 'Gridpact', description: '' },
): Promise<void> {
  const app = await NestFactory.create(module, new FastifyAdapter(), {
    preview: true,
    logger: false,
    abortOnError: false,
  });
  try {
    await writeFile(file, `${JSON.stringify(openApiOf(app, api), null, 2)}\n`);
  } finally {
    await app.close();
  }
}
