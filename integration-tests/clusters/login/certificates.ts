import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Pair {
  readonly cert: string
  readonly key: string
}

/** Certificates of a test: an authority, and what it signs. Made by openssl, since Node makes none. */
export class TestAuthority {
  readonly folder: string

  constructor(folder: string, name: string) {
    this.folder = folder
    mkdirSync(folder, { recursive: true })
    const subject = ['-subj', `/CN=${name}`, '-days', '30']
    const extensions = [
      '-addext',
      'basicConstraints=critical,CA:TRUE',
      '-addext',
      'keyUsage=critical,keyCertSign',
    ]
    this.#openssl('req', '-x509', ...KEY, '-keyout', 'ca.key', '-out', 'ca.pem', ...subject, ...extensions)
  }

  get certificate(): string {
    return this.#read('ca.pem')
  }

  /** @param until YYYYMMDDhhmmssZ @default in ten days */
  sign(name: string, alternative: string, until?: string): Pair {
    const extensions = `subjectAltName=${alternative}\nextendedKeyUsage=serverAuth,clientAuth\n`
    writeFileSync(join(this.folder, `${name}.ext`), extensions)
    this.#openssl('req', ...KEY, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`)
    const signing = ['-in', `${name}.csr`, '-out', `${name}.pem`, '-extfile', `${name}.ext`]
    if (until === undefined) {
      this.#openssl(
        'x509',
        '-req',
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca.key',
        '-CAcreateserial',
        '-days',
        '10',
        ...signing,
      )
    } else {
      // Only the ca command lets a certificate end in the past.
      writeFileSync(join(this.folder, 'index.txt'), '')
      writeFileSync(join(this.folder, 'serial'), '01')
      writeFileSync(join(this.folder, 'ca.cnf'), CA_CONFIGURATION)
      const dates = ['-startdate', '20200101000000Z', '-enddate', until]
      this.#openssl(
        'ca',
        '-batch',
        '-notext',
        '-config',
        'ca.cnf',
        '-cert',
        'ca.pem',
        '-keyfile',
        'ca.key',
        ...dates,
        ...signing,
      )
    }
    return { cert: this.#read(`${name}.pem`), key: this.#read(`${name}.key`) }
  }

  #read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8')
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] })
  }
}

const KEY = ['-newkey', 'rsa:2048', '-nodes']
const CA_CONFIGURATION = `[ca]
default_ca=test
[test]
database=index.txt
serial=serial
new_certs_dir=.
default_md=sha256
policy=any
[any]
commonName=supplied
`
