#!/bin/sh
# imapd with imapflow, which uses whatever extension a server announces. It is not Debian's:
# BUZON_NODE_MODULES says where `npm install imapflow` put it (.ci/run does).
. "$(dirname "$0")/../lib.sh"
need node
[ -d "${BUZON_NODE_MODULES:-/nonexistent}/imapflow" ] || skip_all 'BUZON_NODE_MODULES names no imapflow'
plan 2
instance_start </dev/null
cat >"$T/flow.js" <<'END'
const assert = require("assert");
const {ImapFlow} = require(process.env.BUZON_NODE_MODULES + "/imapflow");
const [port, user, pass] = process.argv.slice(2);
const connect = async () => {
    const client = new ImapFlow({host: "127.0.0.1", port: +port, secure: true, auth: {user, pass},
                                 tls: {rejectUnauthorized: false}, logger: false});
    await client.connect();
    return client;
};
const mime = n => Buffer.from(`From: =?utf-8?q?Jos=C3=A9?= <jose@remote.test>\r\nTo: ana@example.test\r\n` +
    `Subject: message ${n}\r\nMessage-ID: <${n}@flow.test>\r\nMIME-Version: 1.0\r\n` +
    `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\ntext ${n}\r\n` +
    `--b\r\nContent-Type: application/octet-stream; name=a.bin\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAw==\r\n--b--\r\n`);
(async () => {
    const client = await connect(), other = await connect();
    for (let n = 1; n <= 5; n++)
        assert((await other.append("INBOX", mime(n), n % 2 ? ["\\Seen"] : [])).uid);
    await client.mailboxCreate("Projects");
    const made = await client.mailboxCreate(["Projects", "Größe & Preis"]);
    const names = (await client.list({statusQuery: {messages: true, unseen: true}})).map(b => b.path);
    assert(names.includes(made.path), names.join());
    const box = await client.mailboxOpen("INBOX");
    assert.strictEqual(box.exists, 5);
    const seen = [];
    for await (const m of client.fetch("1:*", {uid: true, flags: true, envelope: true, bodyStructure: true, size: true,
                                                internalDate: true, headers: ["message-id"]})) {
        assert.strictEqual(m.envelope.from[0].name, "José");
        assert.strictEqual(m.bodyStructure.childNodes.length, 2);
        seen.push(m.envelope.subject);
    }
    assert.strictEqual(seen.length, 5);
    const {content} = await client.download("2", "2");
    const chunks = [];
    for await (const c of content) chunks.push(c);
    assert.deepStrictEqual(Buffer.concat(chunks), Buffer.from([0, 1, 2, 3]));
    assert.deepStrictEqual(await client.search({seen: false}), [2, 4]);
    assert.deepStrictEqual(await client.search({header: {subject: "message 3"}}), [3]);
    assert(await client.messageFlagsAdd("2", ["\\Flagged", "$Label1"]));
    assert((await client.messageCopy("1", "Projects")).uidMap.size);
    const told = new Promise(done => client.once("exists", done));
    const idling = client.idle();
    await other.append("INBOX", mime(6));
    assert.strictEqual((await told).count, 6);
    await client.noop();
    await idling;
    const gone = new Promise(done => client.once("expunge", done));
    await other.mailboxOpen("INBOX");
    assert(await other.messageDelete("3"));
    await client.noop();
    await gone;
    assert((await client.messageMove("1", "Projects")).destination);
    assert.strictEqual((await client.status("Projects", {messages: true})).messages, 2);
    await client.mailboxDelete(made.path);
    await client.mailboxRename("Projects", "Done");
    await client.mailboxDelete("Done");
    await client.logout();
    await other.logout();
})().catch(e => { console.error(e.stack, e.responseText || "", e.response || ""); process.exit(1); });
END
# (Node.js 18, which is Debian's, has no crypto among its globals by itself.)
check 'imapflow: folders, APPEND, FETCH, SEARCH, STORE, COPY, MOVE, IDLE, EXPUNGE' \
    timeout 180 node --experimental-global-webcrypto "$T/flow.js" "$IMAPS_PORT" ana@example.test "$PASSWORD"
no_crash 'no process crashed'
