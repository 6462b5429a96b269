export { fileServiceSigner } from './file-service-signer.js';
export { remoteSigner, RemoteSigner, signatureAnswer, signerKey, type RemoteSignerAddress } from './remote-signer.js';
