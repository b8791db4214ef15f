"""The adapter by which the benchmark harness runs buzon: BUZON_BENCH_ADAPTER=bench/buzon_adapter.py.

BUZON_PREFIX says where `make install` put the tree (default /usr/local). The instance has the
settings, tables and durability of the Postfix instance beside it: main.cf and the tables come from
the same code. Only what names programs, accounts and the mailbox side is buzon's own.
"""
import glob, os, shutil, time
from base import alive, descendants, kill_tree, read, sh, wait_banner, wait_closed
from postfix_dovecot import PostfixDovecot

PREFIX = os.environ.get("BUZON_PREFIX", "/usr/local")

SERVICES = """
127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{submission} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
hold50 unix - - n - - smtp
lmtp unix - - n - - lmtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
auth unix - n n - 1 auth
imapd unix - n n - 3000 imapd
pop3d unix - n n - 3000 pop3d
127.0.0.1:{imap} inet n - n - 1 login -o login_protocol=imap
127.0.0.1:{imaps} inet n - n - 1 login -o login_protocol=imap -o login_tls_wrappermode=yes
127.0.0.1:{pop3} inet n - n - 1 login -o login_protocol=pop3
127.0.0.1:{pop3s} inet n - n - 1 login -o login_protocol=pop3 -o login_tls_wrappermode=yes
"""


class Buzon(PostfixDovecot):
    name = "buzon"
    caps = {"smtp", "relay", "transport", "imap", "imaps", "pop3", "maps"}
    daemon_directory = PREFIX + "/libexec/buzon"
    command_directory = PREFIX + "/sbin"

    @classmethod
    def available(cls):
        return os.access(PREFIX + "/sbin/buzon", os.X_OK)

    def postmap(self):
        return [PREFIX + "/sbin/buzonmap", "-c", self.p("conf")]

    def main_cf(self):
        cf = super().main_cf()
        for name in "smtpd_sasl_type", "smtpd_sasl_path":
            del cf[name]
        cf.update({
            "mail_owner": "buzon", "net_owner": "buzonnet", "setgid_group": "buzondrop",
            "auth_passdb": "passwd-file:" + self.p("conf/users"),
            "login_disable_plaintext_auth": "no", "login_client_limit": "20000",
            "login_address_limit": "0", "mail_max_userip_connections": "0",
        })
        return cf

    def accounts(self):
        """The system accounts that the package would have made."""
        for name in "buzon", "buzonnet":
            sh(["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", "--user-group", name], check=False)
        sh(["groupadd", "--system", "buzondrop"], check=False)

    def write_config(self):
        self.accounts()
        self.write_postfix()

    def write_postfix(self):
        shutil.chown(self.p("data"), "buzon")
        with open(self.p("conf/main.cf"), "w") as f:
            for k, v in self.main_cf().items():
                f.write("%s = %s\n" % (k, v))
        with open(self.p("conf/master.cf"), "w") as f:
            f.write(SERVICES.lstrip().format(smtp=self.smtp, submission=self.submission, imap=self.imap,
                                             imaps=self.imaps, pop3=self.pop3, pop3s=self.pop3s))
        with open(self.p("conf/transport"), "w") as f:
            for i in range(1, 51):                   # 50 relay domains, one loopback address each
                f.write("d%02d.test smtp:[127.0.1.%d]:%d\n" % (i, i, self.sink))
            f.write("dead.test hold50:[127.0.2.1]:%d\n" % self.sink)       # nothing listens there
        for m in "vmailbox", "transport":
            sh(self.postmap() + ["hash:" + self.p("conf", m)])

    def start(self):
        t0 = time.monotonic()
        sh([PREFIX + "/sbin/buzon", "-c", self.p("conf"), "start"], timeout=60)
        wait_banner(self.smtp, 30, b"220")
        out = {"smtp": time.monotonic() - t0}
        wait_banner(self.imap, 30, b"* OK")
        out["imap"] = time.monotonic() - t0
        return out

    def stop(self):
        pids = descendants(self.roots())
        sh([PREFIX + "/sbin/buzon", "-c", self.p("conf"), "stop"], timeout=60, check=False)
        t0 = time.monotonic()
        while time.monotonic() - t0 < 10 and any(alive(p) for p in pids):
            time.sleep(0.02)
        for p in self.roots():
            kill_tree(p)
        wait_closed(self.smtp)

    def roots(self):
        t = read(self.p("spool/pid/master.pid")).strip()
        return [int(t)] if t.isdigit() and alive(int(t)) else []

    def drop_index(self, i):
        for base, directories, files in os.walk(self.maildir(i)):
            if "buzon.index" in directories:
                shutil.rmtree(os.path.join(base, "buzon.index"))
                directories.remove("buzon.index")
            for f in files:
                if f.startswith("dovecot"):
                    os.unlink(os.path.join(base, f))

    def binaries(self):
        out = glob.glob(PREFIX + "/sbin/*") + glob.glob(PREFIX + "/libexec/buzon/*")
        return [f for f in out if os.path.isfile(f) and not os.path.islink(f)]
