/** Why something of a transparency log was refused. A closed set: programs branch on it, people read the message. */
export type TlogErrorCode =
  | 'bad_encoding'
  | 'out_of_range'
  | 'bad_inclusion_proof'
  | 'bad_consistency_proof'
  | 'log_shrunk'
  | 'log_forked'
  | 'bad_tile_path'
  | 'bad_tile_width'
  | 'entry_too_long'
  | 'bad_entry_bundle'
  | 'bad_key'
  | 'unsupported_key'
  | 'bad_note'
  | 'too_many_signatures'
  | 'bad_signature'
  | 'unsigned'
  | 'bad_checkpoint'
  | 'unknown_origin'
  | 'bad_policy'
  | 'quorum_missing'
  | 'bad_tlog_proof'
  | 'bad_witness_message';

/** The one error of this library: everything it refuses carries a {@link TlogErrorCode}. */
export class TlogError extends Error {
  readonly code: TlogErrorCode;

  constructor(code: TlogErrorCode, message: string) {
    super(message);
    this.name = 'TlogError';
    this.code = code;
  }
}
