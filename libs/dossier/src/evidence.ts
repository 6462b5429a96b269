import { type Result, ok, refuse } from '@gridpact/kernel';
import {
  type BodyOf,
  type Opening,
  type Statement,
  type StatementType,
  isOfType,
  openBody,
  parseStatement,
} from '@gridpact/statement';
import { fromBase64 } from '@gridpact/tlog';

/** A statement with its place in the log and, where its holder may know it, its body. */
export interface SealedStatement<T extends StatementType = StatementType> {
  readonly statement: Statement<T>;
  readonly index: number;
  readonly body: BodyOf<T> | undefined;
  readonly promise: Uint8Array | undefined;
}

/** A statement as it is handed over: entry bytes in base64, its index, and what opens it. */
export interface HandedStatement {
  readonly entry: string;
  readonly index: number;
  readonly opening?: Opening | undefined;
  readonly promise?: string | undefined;
}

/** Why handed statements are no evidence; `detail` names the statement. */
export type EvidenceRefusal = 'bad_entry' | 'bad_opening' | 'index_repeats' | 'statement_repeats';

/** Sealed statements in log order, by leaf hash and by type: what every rule about an event is read from. */
export class Evidence {
  private readonly byLeaf: ReadonlyMap<string, SealedStatement>;

  private constructor(readonly statements: readonly SealedStatement[]) {
    this.byLeaf = new Map(statements.map((sealed) => [sealed.statement.leafHash, sealed]));
  }

  /** Parses and opens handed statements; refuses the first that is malformed, mis-opened or given twice. */
  static of(handed: readonly HandedStatement[]): Result<Evidence, EvidenceRefusal> {
    const statements: SealedStatement[] = [];
    for (const one of [...handed].sort((a, b) => a.index - b.index)) {
      const sealed = sealedOf(one);
      if (!sealed.ok) return sealed;
      if (statements.at(-1)?.index === one.index)
        return refuse('index_repeats', `two statements claim index ${one.index}`);
      statements.push(sealed.value);
    }
    const leaves = new Set(statements.map(({ statement }) => statement.leafHash));
    if (leaves.size !== statements.length) return refuse('statement_repeats', 'one statement is given twice');
    return ok(new Evidence(statements));
  }

  /** What stood in the log before an index. */
  before(index: number): Evidence {
    return new Evidence(this.statements.filter((sealed) => sealed.index < index));
  }

  /** The statement of a leaf hash. */
  find(leafHash: string): SealedStatement | undefined {
    return this.byLeaf.get(leafHash);
  }

  /** The statement of a leaf hash, if it is of a type. */
  findOf<T extends StatementType>(type: T, leafHash: string): SealedStatement<T> | undefined {
    return this.of(type).find(({ statement }) => statement.leafHash === leafHash);
  }

  /** All statements of a type, in log order. */
  of<T extends StatementType>(type: T): SealedStatement<T>[] {
    return this.statements.filter((sealed): sealed is SealedStatement<T> => isOfType(sealed.statement, type));
  }

  /** The statements of a type whose bodies are known, with them. */
  opened<T extends StatementType>(type: T): (SealedStatement<T> & { readonly body: BodyOf<T> })[] {
    return this.of(type).filter(
      (sealed): sealed is SealedStatement<T> & { body: BodyOf<T> } => sealed.body !== undefined,
    );
  }
}

function sealedOf(handed: HandedStatement): Result<SealedStatement, EvidenceRefusal> {
  const parsed = parseStatement(fromBase64(handed.entry));
  if (!parsed.ok)
    return refuse('bad_entry', `statement at index ${handed.index}: ${parsed.refusal.code}, ${parsed.refusal.detail}`);
  const statement = parsed.value;
  const promise = handed.promise === undefined ? undefined : fromBase64(handed.promise);
  if (!('open' in statement.envelope.body) && !handed.opening) {
    return ok({ statement, index: handed.index, body: undefined, promise });
  }
  const body = openBody(statement, handed.opening);
  if (!body.ok) {
    const where = `${statement.envelope.type} ${statement.leafHash} at index ${handed.index}`;
    return refuse('bad_opening', `${where}: ${body.refusal.code}, ${body.refusal.detail}`);
  }
  return ok({ statement, index: handed.index, body: body.value, promise });
}
