import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { LexpandError } from '../../sparse/errors.ts'

/** A function that reads the file of a secret anew each time. The file is read once here, so that a wrong path is reported at the start. */
export function secretFile(variable: string, file: string | undefined): (() => string) | undefined {
  if (file === undefined) return undefined
  const read = () => readSecret(variable, file)
  read()
  return read
}

/** The same for certificates in PEM form: Node would silently ignore other content. */
export function certificateFile(variable: string, file: string | undefined): (() => string) | undefined {
  const read = secretFile(variable, file)
  if (read !== undefined) assertCertificate(variable, file, read())
  return read
}

/**
 * Key and certificate of a client.
 *
 * @throws LexpandError CONFIGURATION when one of them is missing, is no PEM, or they do not belong together
 */
export function clientCertificateFiles(
  service: 'OPENSEARCH' | 'REDIS',
  certificate: string | undefined,
  key: string | undefined,
): { readonly clientCertificate?: () => string; readonly clientKey?: () => string } {
  const [certificateVariable, keyVariable] = [`${service}_CERT_FILE`, `${service}_KEY_FILE`] as const
  const clientCertificate = certificateFile(certificateVariable, certificate)
  const clientKey = secretFile(keyVariable, key)
  if (clientCertificate === undefined && clientKey === undefined) return {}
  if (clientCertificate === undefined || clientKey === undefined) {
    throw new LexpandError(
      'CONFIGURATION',
      `[configuration] expected ${certificateVariable} and ${keyVariable} together, got one of them. Give the other one as well.`,
    )
  }
  const fail = (got: string, cause?: unknown) =>
    new LexpandError(
      'CONFIGURATION',
      `[configuration] expected ${keyVariable} to hold the PEM key of the certificate in ${certificateVariable}, got ${got}. Correct it; a key with a pass phrase has to be stored without.`,
      { cause },
    )
  let isPair: boolean
  try {
    isPair = new X509Certificate(clientCertificate()).checkPrivateKey(createPrivateKey(clientKey()))
  } catch (cause) {
    throw fail('something that is no key', cause)
  }
  if (!isPair) throw fail('the key of another one')
  return { clientCertificate, clientKey }
}

function assertCertificate(variable: string, file: string | undefined, text: string): void {
  try {
    new X509Certificate(text)
  } catch (cause) {
    throw new LexpandError(
      'CONFIGURATION',
      `[configuration] expected ${variable} to hold certificates in PEM form (-----BEGIN CERTIFICATE-----), got something else in ${JSON.stringify(file)}. Convert it, for example with openssl x509 -inform der -in FILE.`,
      { cause },
    )
  }
}

function readSecret(variable: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd()
  } catch (cause) {
    throw new LexpandError(
      'CONFIGURATION',
      `[configuration] expected ${variable} to name a readable file, got ${JSON.stringify(file)}. Check the path and its permissions.`,
      { cause },
    )
  }
}
