export { fileServiceSigner } from './file-service-signer.js';
export { remoteSigner, RemoteSigner, signatureAnswer, signerKeys, type RemoteSignerAddress } from './remote-signer.js';
