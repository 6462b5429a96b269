import { z } from 'zod';

const labels = z.record(z.string(), z.string());
const name = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
const metadata = z.strictObject({ name, labels: labels.optional() });
const selector = z.strictObject({ matchLabels: labels });

const fromSource = z.union([
  z.strictObject({ secretKeyRef: z.strictObject({ name, key: z.string().min(1) }) }),
  z.strictObject({ configMapKeyRef: z.strictObject({ name, key: z.string().min(1) }) }),
]);
const variable = z.union([
  z.strictObject({ name: z.string(), value: z.string() }),
  z.strictObject({ name: z.string(), valueFrom: fromSource }),
]);

const quantity = z.string().regex(/^\d+(\.\d+)?(m|Ki|Mi|Gi)?$/);
const amounts = z.strictObject({ cpu: quantity, memory: quantity });
const resources = z.strictObject({ requests: amounts, limits: amounts });

const probe = z.strictObject({
  httpGet: z.strictObject({ path: z.enum(['/health/live', '/health/ready']), port: z.literal('http') }),
  periodSeconds: z.int().positive(),
  timeoutSeconds: z.int().positive(),
  failureThreshold: z.int().positive(),
});

const confined = z.strictObject({
  allowPrivilegeEscalation: z.literal(false),
  readOnlyRootFilesystem: z.literal(true),
  capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
});
const unprivileged = z.strictObject({
  runAsNonRoot: z.literal(true),
  runAsUser: z.int().positive(),
  runAsGroup: z.int().positive(),
  fsGroup: z.int().positive(),
  seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }),
});

const volume = z.union([
  z.strictObject({ name, emptyDir: z.strictObject({ sizeLimit: quantity }) }),
  z.strictObject({ name, configMap: z.strictObject({ name, optional: z.literal(true) }) }),
  z.strictObject({ name, persistentVolumeClaim: z.strictObject({ claimName: name }) }),
  z.strictObject({ name, secret: z.strictObject({ secretName: name, defaultMode: z.literal(0o440) }) }),
]);
const mount = z.strictObject({ name, mountPath: z.string().startsWith('/'), readOnly: z.boolean().optional() });

const containerFields = {
  name: z.literal('app'),
  image: z.string().regex(/^[a-z0-9./-]+:\d+\.\d+\.\d+$/, 'needs a version as its tag'),
  env: z.array(variable),
  resources,
  volumeMounts: z.array(mount),
  securityContext: confined,
};
const podFields = {
  automountServiceAccountToken: z.literal(false),
  enableServiceLinks: z.literal(false),
  securityContext: unprivileged,
  volumes: z.array(volume),
};

const servingContainer = z.strictObject({
  ...containerFields,
  ports: z.tuple([z.strictObject({ name: z.literal('http'), containerPort: z.int(), protocol: z.literal('TCP') })]),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
});

const spread = z.strictObject({
  maxSkew: z.int(),
  topologyKey: z.string(),
  whenUnsatisfiable: z.literal('ScheduleAnyway'),
  labelSelector: selector,
  matchLabelKeys: z.array(z.string()),
});

const strategy = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('Recreate') }),
  z.strictObject({
    type: z.literal('RollingUpdate'),
    rollingUpdate: z.strictObject({ maxUnavailable: z.int(), maxSurge: z.int() }),
  }),
]);

const deployment = z.strictObject({
  apiVersion: z.literal('apps/v1'),
  kind: z.literal('Deployment'),
  metadata,
  spec: z.strictObject({
    replicas: z.int().positive(),
    revisionHistoryLimit: z.int(),
    strategy,
    selector,
    template: z.strictObject({
      metadata: z.strictObject({ labels }),
      spec: z.strictObject({
        ...podFields,
        terminationGracePeriodSeconds: z.int().min(11, 'must exceed the time in which a service drains'),
        topologySpreadConstraints: z.array(spread).optional(),
        containers: z.tuple([servingContainer]),
      }),
    }),
  }),
});

const job = z.strictObject({
  apiVersion: z.literal('batch/v1'),
  kind: z.literal('Job'),
  metadata,
  spec: z.strictObject({
    backoffLimit: z.int(),
    activeDeadlineSeconds: z.int().positive(),
    ttlSecondsAfterFinished: z.int().positive(),
    template: z.strictObject({
      metadata: z.strictObject({ labels }),
      spec: z.strictObject({
        ...podFields,
        restartPolicy: z.literal('Never'),
        containers: z.tuple([
          z.strictObject({ ...containerFields, command: z.tuple([z.literal('node'), z.string()]) }),
        ]),
      }),
    }),
  }),
});

const service = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('Service'),
  metadata,
  spec: z.strictObject({
    selector: labels,
    ports: z.tuple([z.strictObject({ name: z.literal('http'), port: z.int(), targetPort: z.literal('http') })]),
  }),
});

const disruptionBudget = z.strictObject({
  apiVersion: z.literal('policy/v1'),
  kind: z.literal('PodDisruptionBudget'),
  metadata,
  spec: z.strictObject({ maxUnavailable: z.int().positive(), selector }),
});

const peer = z.strictObject({ namespaceSelector: selector, podSelector: selector.optional() });
const policyPort = z.strictObject({ protocol: z.enum(['TCP', 'UDP']), port: z.union([z.int(), z.literal('http')]) });
const networkPolicy = z.strictObject({
  apiVersion: z.literal('networking.k8s.io/v1'),
  kind: z.literal('NetworkPolicy'),
  metadata,
  spec: z.strictObject({
    podSelector: z.union([selector, z.strictObject({})]),
    policyTypes: z.array(z.enum(['Ingress', 'Egress'])).nonempty(),
    ingress: z
      .array(z.strictObject({ from: z.array(peer).nonempty(), ports: z.array(policyPort).nonempty() }))
      .optional(),
    egress: z.array(z.strictObject({ to: z.array(peer).nonempty(), ports: z.array(policyPort).nonempty() })).optional(),
  }),
});

const claim = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('PersistentVolumeClaim'),
  metadata,
  spec: z.strictObject({
    accessModes: z.tuple([z.literal('ReadWriteOncePod')]),
    resources: z.strictObject({ requests: z.strictObject({ storage: quantity }) }),
  }),
});

const settings = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('ConfigMap'),
  metadata,
  data: z.record(z.string(), z.string()),
});

const namespace = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('Namespace'),
  metadata: z.strictObject({
    name,
    labels: z.looseObject({ 'pod-security.kubernetes.io/enforce': z.literal('restricted') }),
  }),
});

/** The kinds that k8s/ may use, each as strict as we want it: a field that is not named here is refused. */
export const anyKind = z.discriminatedUnion('kind', [
  deployment,
  job,
  service,
  disruptionBudget,
  networkPolicy,
  claim,
  settings,
  namespace,
]);

/** One object of a rendered overlay. */
export type Manifest = z.infer<typeof anyKind>;

/** Objects of one kind. */
export type Of<K extends Manifest['kind']> = Extract<Manifest, { kind: K }>;
