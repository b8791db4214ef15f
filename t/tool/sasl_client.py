"""sasl_client: log in to an IMAP server by one SASL mechanism, and say how it went.

    sasl_client.py PORT MECHANISM USER PASSWORD [AUTHZID]

Prints the last line of the server; exit status 0 when it is OK. SCRAM is RFC 5802's client, which checks the
server's signature too; OAUTHBEARER and XOAUTH2 send PASSWORD as the token.
"""
import base64, hashlib, hmac, imaplib, os, sys


class Scram:
    def __init__(self, digest, user, password, authzid):
        self.digest, self.password = digest, password.encode()
        self.header = "n,%s," % ("a=" + authzid if authzid else "")
        name = user.replace("=", "=3D").replace(",", "=2C")
        self.bare = "n=%s,r=%s" % (name, base64.b64encode(os.urandom(12)).decode())
        self.step = 0

    def mac(self, key, text):
        return hmac.new(key, text, self.digest).digest()

    def final(self, challenge):
        fields = dict(part.split("=", 1) for part in challenge.split(","))
        assert fields["r"].startswith(self.bare.split("r=", 1)[1])
        salted = hashlib.pbkdf2_hmac(self.digest, self.password, base64.b64decode(fields["s"]), int(fields["i"]))
        client_key = self.mac(salted, b"Client Key")
        without_proof = "c=%s,r=%s" % (base64.b64encode(self.header.encode()).decode(), fields["r"])
        message = ",".join([self.bare, challenge, without_proof]).encode()
        signature = self.mac(hashlib.new(self.digest, client_key).digest(), message)
        proof = bytes(a ^ b for a, b in zip(client_key, signature))
        self.expected = base64.b64encode(self.mac(self.mac(salted, b"Server Key"), message)).decode()
        return "%s,p=%s" % (without_proof, base64.b64encode(proof).decode())

    def answer(self, challenge):
        self.step += 1
        if self.step == 1:
            return (self.header + self.bare).encode()
        if self.step == 2:
            return self.final(challenge.decode()).encode()
        assert challenge.decode() == "v=" + self.expected, "the server's signature is wrong"
        return b""


def cram_md5(user, password):
    return lambda challenge: ("%s %s" % (user, hmac.new(password.encode(), challenge, "md5").hexdigest())).encode()


def once(text):
    said = []

    def answer(challenge):
        said.append(challenge)
        return text.encode() if len(said) == 1 else b""
    return answer


def main():
    port, mechanism, user, password = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
    authzid = sys.argv[5] if len(sys.argv) > 5 else ""
    answers = {
        "SCRAM-SHA-1": lambda: Scram("sha1", user, password, authzid).answer,
        "SCRAM-SHA-256": lambda: Scram("sha256", user, password, authzid).answer,
        "CRAM-MD5": lambda: cram_md5(user, password),
        "PLAIN": lambda: once("%s\0%s\0%s" % (authzid, user, password)),
        "OAUTHBEARER": lambda: once("n,%s,\x01auth=Bearer %s\x01\x01" % ("a=" + user if user else "", password)),
        "XOAUTH2": lambda: once("user=%s\x01auth=Bearer %s\x01\x01" % (user, password)),
    }
    client = imaplib.IMAP4("127.0.0.1", port, 30)
    try:
        print("OK", client.authenticate(mechanism, answers[mechanism]())[1][0].decode())
        client.logout()
        return 0
    except imaplib.IMAP4.error as error:
        print(error)
        client.shutdown()
        return 1


sys.exit(main())
