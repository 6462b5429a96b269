import type { z } from 'zod';

/** A Kafka topic: its name `<service>.<noun>.v1`, how many partitions keep order by key, and the schema of its values. */
export interface Topic<S extends z.ZodType = z.ZodType> {
  readonly name: string;
  /** What one message says, for the AsyncAPI document. */
  readonly summary: string;
  /** What the key is; messages of one key stay in order. */
  readonly key: string;
  readonly partitions: number;
  /** Keeps the newest value per key for ever instead of deleting by age. */
  readonly compacted: boolean;
  readonly schema: S;
}

/** The value type of a topic. */
export type MessageOf<T extends Topic> = z.infer<T['schema']>;

/** Declares a topic; deletes by age and has three partitions unless said otherwise. */
export function topic<S extends z.ZodType>(
  declaration: Pick<Topic<S>, 'name' | 'summary' | 'key' | 'schema'> & Partial<Topic<S>>,
): Topic<S> {
  return { partitions: 3, compacted: false, ...declaration };
}
