import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';

/** A Kubernetes object, of which only what every kind has is known. */
export type KubernetesObject = z.infer<typeof kubernetesObject>;

type Json = unknown;
type Mapping = Readonly<Record<string, Json>>;

const kubernetesObject = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), labels: z.record(z.string(), z.string()).optional() }),
});

const target = z.strictObject({
  kind: z.string(),
  name: z.string().optional(),
  labelSelector: z
    .string()
    .regex(/^[^=,]+=[^=,]+$/)
    .optional(),
});

/** The part of Kustomize that k8s/ uses; any other field is refused, so that none is passed over. */
const kustomization = z.strictObject({
  apiVersion: z.string(),
  kind: z.enum(['Kustomization', 'Component']),
  namespace: z.string().optional(),
  resources: z.array(z.string()).default([]),
  components: z.array(z.string()).default([]),
  patches: z.array(z.strictObject({ target, path: z.string().optional(), patch: z.string().optional() })).default([]),
  images: z.array(z.strictObject({ name: z.string(), newName: z.string(), newTag: z.string() })).default([]),
});

/** Lists that a strategic merge joins by a key of their items; other lists are replaced. */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  containers: 'name',
  env: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  ports: 'containerPort',
};

/**
 * The objects that `kustomize build` gives for a folder, as far as k8s/ needs: resources, then components, then patches,
 * then images. Compared object by object with the output of Kustomize 5.8.1.
 */
export function rendered(folder: string): KubernetesObject[] {
  return applied(folder, []);
}

function applied(folder: string, before: readonly KubernetesObject[]): KubernetesObject[] {
  const { resources, components, patches, images } = kustomization.parse(
    parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')),
  );
  let objects = [...before, ...resources.flatMap((path) => resourcesAt(join(folder, path)))];
  for (const component of components) objects = applied(join(folder, component), objects);
  for (const { target, path, patch } of patches) {
    const change = parse(patch ?? readFileSync(join(folder, path ?? ''), 'utf8')) as Mapping;
    objects = objects.map((object) => (isMeant(object, target) ? patched(object, change) : object));
  }
  const names = new Map(images.map(({ name, newName, newTag }) => [name, `${newName}:${newTag}`]));
  return objects.map((object) => kubernetesObject.parse(withImages(object, names)));
}

function resourcesAt(path: string): KubernetesObject[] {
  if (!path.endsWith('.yaml')) return rendered(path);
  return parseAllDocuments(readFileSync(path, 'utf8')).map((document) => {
    if (document.errors.length > 0) throw new Error(`${path}: ${document.errors[0]?.message}`);
    return kubernetesObject.parse(document.toJS());
  });
}

function isMeant(object: KubernetesObject, { kind, name, labelSelector }: z.infer<typeof target>): boolean {
  const [label = '', value] = labelSelector?.split('=') ?? [];
  return (
    object.kind === kind &&
    (name === undefined || object.metadata.name === name) &&
    (labelSelector === undefined || object.metadata.labels?.[label] === value)
  );
}

/** A patch that a target chose changes whom it met, but never its name. */
function patched(object: KubernetesObject, { metadata: _name, ...change }: Mapping): KubernetesObject {
  return kubernetesObject.parse(merged(object, change));
}

function merged(base: Json, change: Json, key = ''): Json {
  if (Array.isArray(base) && Array.isArray(change)) return mergedLists(base, change, MERGE_KEYS[key]);
  if (!isMapping(base) || !isMapping(change)) return change;
  const entries = Object.entries(change).map(([name, value]) => [
    name,
    name in base ? merged(base[name], value, name) : value,
  ]);
  return { ...base, ...Object.fromEntries(entries) };
}

function mergedLists(base: readonly Json[], change: readonly Json[], by: string | undefined): readonly Json[] {
  if (by === undefined) return change;
  const keyOf = (item: Json) => (isMapping(item) ? item[by] : undefined);
  const kept = base.map((item) => {
    const found = change.find((other) => keyOf(other) === keyOf(item));
    return found === undefined ? item : merged(item, found);
  });
  return [...kept, ...change.filter((item) => !base.some((other) => keyOf(other) === keyOf(item)))];
}

function withImages(node: Json, names: ReadonlyMap<string, string>): Json {
  if (Array.isArray(node)) return node.map((item: Json) => withImages(item, names));
  if (!isMapping(node)) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [
      key,
      key === 'image' && typeof value === 'string' ? (names.get(value) ?? value) : withImages(value, names),
    ]),
  );
}

function isMapping(node: Json): node is Mapping {
  return typeof node === 'object' && node !== null && !Array.isArray(node);
}
