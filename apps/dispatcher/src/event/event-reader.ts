import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { EventStore } from './event-store.js';
import type { StoredEvent } from './stored-event.js';

/** Reads events outside any transaction. */
@Injectable()
export class EventReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly events: EventStore,
  ) {}

  byId(id: string): Promise<StoredEvent | undefined> {
    return this.events.byId(this.dataSource, id);
  }

  page(skip: number, limit: number): Promise<StoredEvent[]> {
    return this.events.page(this.dataSource, skip, limit);
  }

  live(): Promise<StoredEvent[]> {
    return this.events.live(this.dataSource);
  }
}
