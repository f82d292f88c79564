/** Loaded before a Node program (NODE_OPTIONS=--import): writes every connection, look-up and datagram that leaves this machine into $NETWORK_LOG. */
import dgram from 'node:dgram'
import dns from 'node:dns'
import { appendFileSync } from 'node:fs'
import net, { Socket } from 'node:net'

const note = line => appendFileSync(process.env.NETWORK_LOG, `${line}\n`)
const isHere = host => host === undefined || host === '127.0.0.1' || host === 'localhost' || host === '::1'

const connect = Socket.prototype.connect
Socket.prototype.connect = function (...words) {
  const [first, host] = Array.isArray(words[0]) ? words[0] : words
  const target = typeof first === 'object' && first !== null ? first : { port: first, host }
  // A path is a pipe of this machine.
  if (!target.path && !isHere(target.host)) note(`connect ${target.host}:${target.port}`)
  return connect.apply(this, words)
}
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (...words) {
  const host = typeof words[0] === 'object' ? words[0]?.host : typeof words[1] === 'string' ? words[1] : undefined
  if (typeof words[0] === 'number' && host !== '127.0.0.1') note(`listen ${host ?? 'everywhere'}:${words[0]}`)
  return listen.apply(this, words)
}
for (const api of [dns, dns.promises]) {
  const lookup = api.lookup
  api.lookup = (name, ...rest) => {
    if (!isHere(name)) note(`look up ${name}`)
    return lookup(name, ...rest)
  }
}
const createSocket = dgram.createSocket
dgram.createSocket = (...words) => {
  note('datagram socket')
  return createSocket(...words)
}
