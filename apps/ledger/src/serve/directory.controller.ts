import { Public } from '@gridpact/platform/auth';
import type { KeyInLog } from '@gridpact/statement';
import { type Cosigned, formatPolicy, formatVkey, openByPolicy, toHex } from '@gridpact/tlog';
import { Controller, Get, Header, Inject } from '@nestjs/common';
import type { LedgerParts } from '../ledger.js';
import { LEDGER } from '../tokens.js';

/** The published tree at a glance. */
export interface LogView {
  readonly origin: string;
  readonly vkey: string;
  readonly size: number;
  /** Root in hex; null before the first checkpoint. */
  readonly root: string | null;
  readonly cosigners: readonly Cosigned[];
  /** Why the log takes nothing; null when it does. */
  readonly frozen: string | null;
}

/** What anyone needs to check the log: policy, keys of the parties, the published head. */
@Public()
@Controller('v1')
export class DirectoryController {
  constructor(@Inject(LEDGER) private readonly ledger: LedgerParts) {}

  /** The policy (tlog-policy): the log's key, the witnesses, the quorum. */
  @Get('policy')
  @Header('content-type', 'text/plain; charset=utf-8')
  policy(): string {
    return formatPolicy(this.ledger.policy);
  }

  /** Keys of all parties, each with the index from which, and up to which, it signs. */
  @Get('keys')
  keys(): { keys: readonly KeyInLog[] } {
    return { keys: this.ledger.integrator.ring().keys() };
  }

  @Get('log')
  log(): LogView {
    const { policy, publisher, sequencer } = this.ledger;
    const [log] = policy.logs;
    const { size, checkpoint } = publisher.published;
    const opened = checkpoint === '' ? undefined : openByPolicy(policy, checkpoint);
    return {
      origin: log?.vkey.name ?? '',
      vkey: log ? formatVkey(log.vkey) : '',
      size,
      root: opened ? toHex(opened.checkpoint.root) : null,
      cosigners: opened?.cosigners ?? [],
      frozen: sequencer.frozen ?? null,
    };
  }
}
