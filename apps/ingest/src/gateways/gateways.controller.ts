import { Caller, Roles } from '@gridpact/platform/auth';
import { granted } from '@gridpact/platform/http';
import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { GatewayStore, type NewGateways, newGateways } from './gateway-store.js';

const STATUS = { gateway_foreign: 409, gateway_key_differs: 409, meter_bound: 409, meter_differs: 409 } as const;

/** An aggregator's gateways. */
@Controller('v1/gateways')
@Roles('aggregator')
export class GatewaysController {
  constructor(private readonly gateways: GatewayStore) {}

  @Post()
  @HttpCode(201)
  async register(
    @Body({ schema: newGateways }) body: NewGateways,
    @Caller() caller: Caller,
  ): Promise<{ meters: number }> {
    return { meters: granted(await this.gateways.register(caller.party, body.gateways), STATUS) };
  }

  @Get()
  async list(@Caller() caller: Caller): Promise<{ gateways: { gateway: string; meters: number }[] }> {
    return { gateways: await this.gateways.list(caller.party) };
  }
}
