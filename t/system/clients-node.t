#!/bin/sh
# Libraries of Node.js that web applications read and send mail with: imap, node-pop3, nodemailer. They are not Debian's:
# BUZON_NODE_MODULES says where npm put them (.ci/run does).
. "$(dirname "$0")/../lib.sh"
need node
for module in imap node-pop3 nodemailer; do
    [ -d "${BUZON_NODE_MODULES:-/nonexistent}/$module" ] || skip_all "BUZON_NODE_MODULES names no $module"
done
plan 4
instance_start </dev/null
export IMAP_PORT POP3_PORT POP3S_PORT SMTP_PORT SUBMISSIONS_PORT PASSWORD ANA

cat >"$T/mailer.js" <<'END'
const assert = require("assert");
const nodemailer = require(process.env.BUZON_NODE_MODULES + "/nodemailer");
const {SMTP_PORT, SUBMISSIONS_PORT, ANA} = process.env;
const ways = [
    {port: SMTP_PORT, ignoreTLS: true, pool: true, maxConnections: 3, maxMessages: 2},
    {port: SMTP_PORT, requireTLS: true},
    {port: SUBMISSIONS_PORT, secure: true},
];
(async () => {
    for (const way of ways) {
        const transport = nodemailer.createTransport({host: "127.0.0.1", tls: {rejectUnauthorized: false}, ...way});
        await transport.verify();
        const all = await Promise.all([1, 2, 3, 4, 5, 6].map(n => transport.sendMail({
            from: "José <jose@remote.test>", to: [ANA, "nobody@example.test"], subject: `Grüße ${n}`, text: ".dot\n.\n..\nüend",
            attachments: [{filename: "ü.bin", content: Buffer.alloc(n * 1000, n)}],
            dsn: {return: "headers", notify: ["failure"], id: `id+=${n}`},
        })));
        for (const {accepted, rejected, response} of all) {
            assert.deepStrictEqual([accepted, rejected], [[ANA], ["nobody@example.test"]]);
            assert.match(response, /^250 2\.0\.0 Ok: queued as /);
        }
        transport.close();
    }
})().catch(e => { console.error(e.stack, e.response || ""); process.exit(1); });
END
check 'nodemailer: pooled, STARTTLS, implicit TLS, DSN, a recipient refused' timeout 180 node "$T/mailer.js"
maildir_has 'its messages arrive' "$(virtual_maildir ana)" 18

cat >"$T/imap.js" <<'END'
const assert = require("assert");
const Imap = require(process.env.BUZON_NODE_MODULES + "/imap");
const {IMAP_PORT, ANA, PASSWORD} = process.env;
const client = new Imap({user: ANA, password: PASSWORD, host: "127.0.0.1", port: IMAP_PORT, autotls: "required",
                         tlsOptions: {rejectUnauthorized: false}});
const ask = (name, ...args) => new Promise((done, failed) => client[name](...args, (e, result) => e ? failed(e) : done(result)));
// The parts asked for and the attributes of each message.
const fetch = (what, options) => new Promise((done, failed) => {
    const all = [], fetching = client.fetch(what, options);
    fetching.on("message", message => {
        const got = {};
        all.push(got);
        message.on("body", (stream, {which, size}) => {
            const chunks = [];
            stream.on("data", chunk => chunks.push(chunk));
            stream.once("end", () => { got[which] = Buffer.concat(chunks); assert.strictEqual(got[which].length, size); });
        });
        message.once("attributes", attributes => { got.attributes = attributes; });
    });
    fetching.once("error", failed);
    fetching.once("end", () => done(all));
});
client.once("ready", async () => {
    await ask("addBox", "Büro & Co.tief");
    assert(Object.keys((await ask("getBoxes"))["Büro & Co"].children).includes("tief"));
    const box = await ask("openBox", "INBOX", false);
    assert.strictEqual(box.messages.total, 18);
    assert(box.highestmodseq && box.newKeywords);
    const all = await fetch("1:*", {bodies: ["HEADER.FIELDS (FROM SUBJECT)", "1", ""], struct: true, envelope: true, size: true});
    assert.strictEqual(all.length, 18);
    for (const message of all) {
        assert.strictEqual(message.attributes.envelope.from[0].name, "José");
        assert.match(message.attributes.envelope.subject, /^Grüße [1-6]$/);
        assert.strictEqual(message.attributes.struct.length, 3);
        assert.strictEqual(message.attributes.size, message[""].length);
        assert.match(Imap.parseHeader(message["HEADER.FIELDS (FROM SUBJECT)"].toString()).subject[0], /^Grüße/);
    }
    assert.strictEqual((await ask("search", [["HEADER", "SUBJECT", "grüße 2"], "UNSEEN"])).length, 3);
    assert.strictEqual((await ask("search", [["OR", "SEEN", ["FROM", "josé"]], ["!TEXT", "zzz"]])).length, 18);
    assert.strictEqual((await ask("sort", ["SUBJECT", "-ARRIVAL"], ["ALL"])).length, 18);
    assert((await ask("thread", "references", ["ALL"])).length > 0);
    assert.strictEqual((await ask("esearch", ["UNSEEN"], ["COUNT", "MIN"])).count, 18);
    await ask("addFlags", "1:2", ["\\Flagged"]);
    await ask("addKeywords", "1", ["$Label2"]);
    assert.strictEqual((await ask("search", [["KEYWORD", "$Label2"], ["MODSEQ", box.highestmodseq]])).length, 1);
    await ask("copy", "1", "Büro & Co.tief");
    await ask("move", "2:3", "Büro & Co.tief");
    const told = new Promise(done => client.once("mail", done));
    await ask("append", "Subject: ü\r\n\r\nü\r\n", {mailbox: "INBOX", flags: ["Seen"], date: new Date(2020, 1, 2)});
    await told;
    assert.strictEqual((await ask("status", "Büro & Co.tief")).messages.total, 3);
    await ask("renameBox", "Büro & Co.tief", "Büro");
    await ask("delBox", "Büro");
    await ask("closeBox", true);
    client.end();
});
client.once("error", e => { console.error(e); process.exit(1); });
process.on("unhandledRejection", e => { console.error(e); process.exit(1); });
client.connect();
END
cat >"$T/pop3.js" <<'END'
const assert = require("assert");
const Pop3 = require(process.env.BUZON_NODE_MODULES + "/node-pop3");
const {POP3_PORT, POP3S_PORT, ANA, PASSWORD} = process.env;
(async () => {
    for (const way of [{port: POP3_PORT}, {port: POP3S_PORT, tls: true, tlsOptions: {rejectUnauthorized: false}}]) {
        const client = new Pop3({user: ANA, password: PASSWORD, host: "127.0.0.1", ...way});
        const ids = await client.UIDL();
        assert.strictEqual(new Set(ids.map(([, id]) => id)).size, 17);
        assert.match(await client.RETR(1), /\r\nSubject: =\?UTF-8\?/i);
        assert.match(await client.TOP(2, 1), /^From: /m);
        await client.QUIT();
    }
})().catch(e => { console.error(e); process.exit(1); });
END
both() { timeout 180 node "$T/imap.js" && timeout 180 node "$T/pop3.js"; }
check 'imap and node-pop3: folders, FETCH, SEARCH, SORT, STORE, COPY, MOVE, APPEND; UIDL, RETR, TOP' both
no_crash 'no process crashed'
