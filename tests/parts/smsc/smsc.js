/* A message centre for tests. The wire is npm `smpp`, which is not ours; this file only decides what to answer.
 *
 *   node smsc.js --user NAME --password WORD
 *
 * prints {"smpp": PORT, "control": PORT} and takes orders as JSON over HTTP on 127.0.0.1:
 *   GET  /events?since=N  what happened from N on: {events, next}; held back until there is something
 *   POST /reset           forget everything, drop every connection, listen   -> {smpp}
 *   POST /tls             {key, cert} in PEM: listen for TLS too             -> {port}
 *   POST /fault           what to do wrong, replacing what was asked before:
 *        submit_status, after, count   refuse `count` submits with that status once `after` were accepted
 *        then_down                     and after so many such refusals hang up and listen no more
 *        bind_status                   refuse binds
 *        drop_resp, close_on_submit, half_resp   so many submits: no answer; hang up; half an answer and hang up
 *        hold                          keep back the answers to submits until /release
 *        ignore_enquire, ignore_unbind
 *        ids                           "hex": ids in answers are hexadecimal
 *        receipt                       DELIVRD (usual), UNDELIV, ... or none; a list has one word for each submit
 *        style                         both, text, tlv, odd, poison; form: same, hex, decimal (of the id in the text)
 *        copies, early, intermediate, held   repeated; before the answer; ENROUTE first; kept until /release
 *   POST /mo              {from, to, text, coding: gsm|ucs2, data_coding, ref, ref16, order, drop, dup, udh_extra, size,
 *                          via: udh|sar|payload, from_ton}   -> [{part, status}], once all are answered
 *   POST /deliver         fields of one deliver_sm, short_message in hex     -> {status}
 *   POST /raw             {hex}: octets as they are
 *   POST /release /kick /unbind /down /up
 */
'use strict';
const http = require('http');
const smpp = require('smpp');

const argument = name => process.argv[process.argv.indexOf('--' + name) + 1];
const USER = argument('user'), PASSWORD = argument('password');
const STATES = { ENROUTE: 1, DELIVRD: 2, EXPIRED: 3, DELETED: 4, UNDELIV: 5, ACCEPTD: 6, UNKNOWN: 7, REJECTD: 8 };

const fromBuffer = smpp.PDU.prototype.fromBuffer; // keeps the octets that really came
smpp.PDU.prototype.fromBuffer = function (octets) {
  Object.defineProperty(this, 'octets', { value: Buffer.from(octets), enumerable: false });
  return fromBuffer.call(this, octets);
};

let events = [], first = 0, watchers = [], generation = 0;
let fault = {}, held = [], heldReceipts = [], taken = 0, nextId = 10, open = 0;
let sessions = new Map();

function tell(event, of = generation) {
  if (of !== generation) return;
  events.push(event);
  for (const watcher of watchers.splice(0)) watcher();
}

function message(octets) { // what is in the body of a submit_sm
  let at = 16;
  const octet = () => octets[at++];
  const text = () => { const end = octets.indexOf(0, at), found = octets.toString('latin1', at, end); at = end + 1; return found; };
  const found = {};
  text();
  found.source_ton = octet(); found.source_npi = octet(); found.source = text();
  found.destination_ton = octet(); found.destination_npi = octet(); found.destination = text();
  found.esm_class = octet(); octet(); octet(); text();
  found.validity = text(); found.registered_delivery = octet(); octet(); found.data_coding = octet(); octet();
  const length = octet();
  let body = octets.subarray(at, at + length);
  at += length;
  while (at + 4 <= octets.length) {
    const tag = octets.readUInt16BE(at), size = octets.readUInt16BE(at + 2);
    if (tag === 0x0424) body = octets.subarray(at + 4, at + 4 + size);
    at += 4 + size;
  }
  const header = found.esm_class & 0x40 ? body[0] + 1 : 0;
  found.header = body.toString('hex', 0, header);
  found.user_data = body.toString('hex', header);
  return found;
}

const receiver = () => [...sessions.values()].pop();

function receipt(id, sms, word) {
  const style = fault.style || 'both';
  const shown = { hex: Number(id).toString(16).toUpperCase().padStart(8, '0'), decimal: String(parseInt(id, 16)) }[fault.form] || id;
  const lines = {
    both: `id:${shown} sub:001 dlvrd:001 submit date:2611240101 done date:2611240102 stat:${word} err:${word === 'DELIVRD' ? '000' : '027'} text:${' '.repeat(20)}`,
    odd: `id:${shown} sub:001 dlvrd:001 submit date:261124010130 done date:261124010231 stat:${word} err:0x1F text:`,
    poison: `id:${shown} sub:abc dlvrd: submit date:never done date: stat:${word} err:E-7 text:`,
    tlv: '',
  };
  const fields = { source_addr_ton: 1, source_addr_npi: 1, source_addr: sms.destination, dest_addr_ton: 1, dest_addr_npi: 1,
    destination_addr: sms.source, esm_class: 4, data_coding: 0, short_message: Buffer.from(lines[style] ?? lines.both, 'latin1') };
  if (style === 'tlv' || style === 'both') Object.assign(fields, { receipted_message_id: id, message_state: STATES[word] || 7 });
  const of = generation;
  for (let copy = 0; copy < (fault.copies || 1); copy++) {
    const target = receiver();
    if (target) target.deliver_sm({ ...fields }, answer => tell({ event: 'receipt_taken', id, word, status: answer.command_status }, of));
  }
}

function submitted(session, pdu) {
  const sms = message(pdu.octets), number = nextId++, id = fault.ids === 'hex' ? number.toString(16).toUpperCase() : String(number);
  const once = name => fault[name] > 0 && fault[name]-- > 0;
  if (fault.submit_status && taken >= (fault.after || 0) && (fault.count === undefined || fault.count-- > 0)) {
    session.send(pdu.response({ command_status: fault.submit_status }));
    if (once('then_down')) { server.close(); for (const each of [...server.sessions]) each.socket.end(); }
    return undefined;
  }
  if (once('close_on_submit')) return session.destroy();
  if (once('drop_resp')) return undefined;
  const words = Array.isArray(fault.receipt) ? fault.receipt : [fault.receipt || 'DELIVRD'];
  const word = words[Math.min(taken++, words.length - 1)], wanted = sms.registered_delivery & 1 && word !== 'none';
  if (wanted && fault.early) receipt(id, sms, word);
  const answer = pdu.response({ message_id: id });
  if (once('half_resp')) return session.socket.end(answer.toBuffer().subarray(0, 9));
  if (fault.hold) {
    open += 1;
    tell({ event: 'holding', open });
    held.push(() => { open -= 1; session.send(answer); });
  } else session.send(answer);
  if (!wanted || fault.early) return undefined;
  if (fault.held) return heldReceipts.unshift([id, sms, word]);
  if (fault.intermediate) receipt(id, sms, 'ENROUTE');
  return receipt(id, sms, word);
}

function accepted(session) {
  const of = generation, key = Symbol('session');
  session.setMaxListeners(0);
  const answer = pdu => {
    const status = fault.bind_status || (pdu.system_id !== USER ? smpp.ESME_RINVSYSID : pdu.password !== PASSWORD ? smpp.ESME_RINVPASWD : 0);
    tell({ event: status ? 'bind_refused' : 'bound', command: pdu.command, status }, of);
    if (!status) sessions.set(key, session);
    session.send(pdu.response(status ? { command_status: status } : { system_id: 'SMSC' }));
    if (status) session.close();
  };
  for (const command of ['bind_transceiver', 'bind_transmitter', 'bind_receiver']) session.on(command, answer);
  session.on('pdu', pdu => tell({ event: 'pdu', command: pdu.command, status: pdu.command_status, sequence: pdu.sequence_number,
    ...(pdu.command === 'submit_sm' ? message(pdu.octets) : {}),
    ...(pdu.command === 'cancel_sm' ? { message_id: pdu.message_id, source: pdu.source_addr, destination: pdu.destination_addr } : {}) }, of));
  session.on('submit_sm', pdu => submitted(session, pdu));
  session.on('cancel_sm', pdu => session.send(pdu.response({ command_status: fault.cancel_status || 0 })));
  session.on('enquire_link', pdu => fault.ignore_enquire || session.send(pdu.response()));
  session.on('unbind', pdu => { if (!fault.ignore_unbind) { session.send(pdu.response()); session.close(); } });
  session.on('close', () => { sessions.delete(key); tell({ event: 'closed' }, of); });
  session.on('error', error => tell({ event: 'error', error: String(error) }, of));
}

const BASIC = '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const octetsOf = (text, coding) => coding === 'ucs2' ? Buffer.from(text, 'utf16le').swap16() : Buffer.from([...text].map(char => BASIC.indexOf(char)));

async function originate(order) {
  const target = receiver(), octets = octetsOf(order.text, order.coding), extra = Buffer.from(order.udh_extra || '', 'hex');
  const ucs2 = order.coding === 'ucs2', header = (order.ref16 ? 7 : 6) + extra.length;
  const room = order.size || (ucs2 ? (140 - header) & ~1 : Math.floor((140 - header) * 8 / 7)); // may cut a surrogate pair, as phones do
  const parts = [], whole = order.via === 'payload' || octets.length <= (ucs2 ? 140 : 160);
  for (let at = 0; at < octets.length; at += whole ? octets.length : room) parts.push(octets.subarray(at, at + (whole ? octets.length : room)));
  const sequence = (order.order || parts.map((_, at) => at)).filter(at => !(order.drop || []).includes(at))
    .flatMap(at => (order.dup || []).includes(at) ? [at, at] : [at]);
  return Promise.all(sequence.map(at => {
    const fields = { source_addr_ton: order.from_ton ?? 1, source_addr_npi: 1, source_addr: order.from, dest_addr_ton: 1, dest_addr_npi: 1,
      destination_addr: order.to, esm_class: 0, data_coding: order.data_coding ?? (ucs2 ? 8 : 0), short_message: parts[at] };
    const ref = order.ref || 0;
    if (order.via === 'payload') Object.assign(fields, { message_payload: parts[at], short_message: Buffer.alloc(0) });
    else if (!whole && order.via === 'sar') {
      Object.assign(fields, { sar_msg_ref_num: ref, sar_total_segments: parts.length, sar_segment_seqnum: at + 1 });
    } else if (!whole) {
      const element = order.ref16 ? [8, 4, ref >> 8, ref & 255, parts.length, at + 1] : [0, 3, ref, parts.length, at + 1];
      fields.esm_class = 0x40;
      fields.short_message = Buffer.concat([Buffer.from([extra.length + element.length]), extra, Buffer.from(element), parts[at]]);
    }
    return delivered(target, fields).then(answer => ({ part: at + 1, ...answer }));
  }));
}

function delivered(target, fields) {
  return new Promise(resolve => {
    target.once('close', () => resolve({ status: -1 }));
    if (!target.deliver_sm(fields, answer => resolve({ status: answer.command_status }))) resolve({ status: -1 });
  });
}

const server = smpp.createServer(accepted);
let port = 0, secure = null;
const listen = () => new Promise(resolve => server.listen(port, '127.0.0.1', () => { port = server.address().port; resolve(); }));

const orders = {
  '/reset': async () => {
    generation += 1;
    first += events.length;
    [events, fault, held, heldReceipts, taken, open, nextId] = [[], {}, [], [], 0, 0, 10];
    for (const session of [...server.sessions, ...(secure ? secure.sessions : [])]) session.destroy();
    sessions = new Map();
    if (secure) secure.close();
    secure = null;
    if (!server.listening) await listen();
    return { smpp: port, next: first };
  },
  '/tls': order => new Promise(resolve => {
    secure = smpp.createServer(order, accepted);
    secure.on('tlsClientError', () => tell({ event: 'tls_refused' }));
    secure.listen(0, '127.0.0.1', () => resolve({ port: secure.address().port }));
  }),
  '/fault': order => { fault = order; taken = 0; return {}; },
  '/release': () => { for (const send of held.splice(0)) send(); for (const one of heldReceipts.splice(0)) receipt(...one); return {}; },
  '/mo': originate,
  '/deliver': order => delivered(receiver(), { ...order, short_message: Buffer.from(order.short_message || '', 'hex') }),
  '/raw': order => { receiver().socket.write(Buffer.from(order.hex, 'hex')); return {}; },
  '/kick': () => { for (const session of sessions.values()) session.destroy(); return {}; },
  '/unbind': () => { for (const session of sessions.values()) session.unbind(); return {}; },
  '/down': () => new Promise(resolve => { server.close(() => resolve({})); for (const session of [...server.sessions]) session.destroy(); }),
  '/up': async () => { await listen(); return {}; },
};

async function since(number) {
  while (number >= first + events.length) await new Promise(resolve => watchers.push(resolve));
  return { events: events.slice(Math.max(0, number - first)), next: first + events.length };
}

const control = http.createServer(async (request, response) => {
  const answer = (status, value) => { response.writeHead(status, { 'content-type': 'application/json' }); response.end(JSON.stringify(value)); };
  try {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = new URL(request.url, 'http://localhost');
    if (url.pathname === '/events') return answer(200, await since(Number(url.searchParams.get('since'))));
    if (!orders[url.pathname]) return answer(404, { error: 'unknown order' });
    return answer(200, await orders[url.pathname](JSON.parse(Buffer.concat(chunks).toString() || '{}')));
  } catch (error) {
    return answer(500, { error: String(error && error.stack || error) });
  }
});

process.stdin.on('end', () => process.exit(0)).resume(); // whoever started it is gone
listen().then(() => control.listen(0, '127.0.0.1', () => process.stdout.write(JSON.stringify({ smpp: port, control: control.address().port }) + '\n')));
