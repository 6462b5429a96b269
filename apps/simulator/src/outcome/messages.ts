/** Messages that services published through their outboxes, by topic, and frames that ingest took, from their metrics. */
export async function messagesByTopic(services: readonly string[]): Promise<Record<string, number>> {
  const texts = await Promise.all(services.map(async (url) => (await fetch(`${url}/metrics`)).text()));
  const published = texts.flatMap((text) => samplesOf(text, 'gridpact_outbox_published_total'));
  const frames = texts
    .flatMap((text) => samplesOf(text, 'gridpact_kafka_messages_total'))
    .filter(([topic]) => topic === 'ingest.frame.v1');
  const counts: Record<string, number> = {};
  for (const [topic, count] of [...published, ...frames]) counts[topic] = (counts[topic] ?? 0) + count;
  return counts;
}

/** Samples of a counter in Prometheus text, with the value of their label `topic`. */
function samplesOf(text: string, name: string): [string, number][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`))
    .flatMap((line) => {
      const parts = /topic="([^"]+)".*} (\d+)/.exec(line);
      return parts ? [[parts[1] ?? '', Number(parts[2])] as [string, number]] : [];
    });
}
