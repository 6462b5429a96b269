import 'reflect-metadata';
import { Controller, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { expect, it } from 'vitest';

@Injectable()
class Meter {
  readonly reading = 42n;
}

@Controller()
class MeterController {
  constructor(private readonly meter: Meter) {}

  read(): bigint {
    return this.meter.reading;
  }
}

@Module({ controllers: [MeterController], providers: [Meter] })
class MeterModule {}

it('injects by the type of a constructor parameter, as Nest does in production', async () => {
  const module = await Test.createTestingModule({ imports: [MeterModule] }).compile();

  expect(module.get(MeterController).read()).toBe(42n);
  await module.close();
});
