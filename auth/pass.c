/*
 * A pass is a message (lib/io/ipc) and an HMAC-SHA256 over it. Nothing is looked at before the HMAC was
 * right, so whatever is read is what we wrote, or an auth of another version.
 */
#include "lib/base/base.h"

#include "auth/pass.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_FILE   "auth.key"
#define KEY_OCTETS 32
#define MAC_OCTETS 32
#define TEXT_MAX   64  /* protocols, session ids */
#define SPARE_S    300 /* between the last command and the moment when the session was parked */
#define TICKET_S   60  /* as long as the ticket itself */

struct pass_office {
    int64_t parked_s;
    uint64_t issuer; /* of this process alone */
    unsigned char key[KEY_OCTETS];
};

/* --- the key ----------------------------------------------------------------------------------- */

/* A key that somebody else could have put there is none. */
static bool is_ours(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
           (status.st_mode & 07777) == 0600 && status.st_nlink == 1 && status.st_size == KEY_OCTETS;
}

static bool read_key(int directory, unsigned char key[KEY_OCTETS])
{
    int fd = openat(directory, KEY_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool done = fd >= 0 && is_ours(fd) && read(fd, key, KEY_OCTETS) == KEY_OCTETS;

    fd_close(&fd);
    return done;
}

static bool make_key(int directory, unsigned char key[KEY_OCTETS], struct error *err)
{
    if (getrandom(key, KEY_OCTETS, 0) == KEY_OCTETS)
        return file_replace(directory, KEY_FILE, 0600, span_of(key, KEY_OCTETS), err);
    error_errno(err, "random numbers");
    return false;
}

struct pass_office *pass_office_open(const struct service_instance *instance, struct error *err)
{
    struct pass_office *office;
    int directory = openat(instance->queue_directory, "pid", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done;

    if (directory < 0) {
        error_errno(err, "open the directory pid");
        return NULL;
    }
    office = mem_new(struct pass_office);
    office->parked_s = (int64_t)instance->config->imap_idle_timeout + SPARE_S;
    if (getrandom(&office->issuer, sizeof(office->issuer), 0) != sizeof(office->issuer))
        log_fatal("no random numbers from the system");
    done = read_key(directory, office->key) || make_key(directory, office->key, err);
    fd_close(&directory);
    if (!done) {
        OPENSSL_cleanse(office, sizeof(*office));
        mem_free(office);
        office = NULL;
    }
    return office;
}

/* --- what a pass says -------------------------------------------------------------------------- */

struct pass {
    uint64_t kind;
    uint64_t issuer;
    uint64_t expires_s; /* wall clock */
    const char *protocol, *session;
    struct span account; /* packed */
};

static const struct ipc_field pass_fields[] = {
    IPC_NUMBER(struct pass, kind, PASS_FOR_TICKET),
    IPC_NUMBER(struct pass, issuer, UINT64_MAX),
    IPC_NUMBER(struct pass, expires_s, INT64_MAX),
    IPC_TEXT(struct pass, protocol, TEXT_MAX),
    IPC_TEXT(struct pass, session, TEXT_MAX),
    IPC_OCTETS(struct pass, account, AUTH_PASS_MAX),
    IPC_END,
};
static const struct ipc_message pass_message = {"pass", 1, pass_fields};

static uint64_t now_s(void)
{
    return (uint64_t)clock_wall().tv_sec;
}

static void authenticate(const struct pass_office *office, struct span content,
                         unsigned char mac_r[MAC_OCTETS])
{
    unsigned len = 0;

    if (HMAC(EVP_sha256(), office->key, KEY_OCTETS, (const unsigned char *)content.data,
             content.len, mac_r, &len) == NULL ||
        len != MAC_OCTETS)
        log_fatal("out of memory for a pass");
}

static bool write_content(struct buf *out, struct pass *pass,
                          const struct auth_account_wire *account, struct error *err)
{
    struct buf packed = BUF(AUTH_PASS_MAX);
    bool done = ipc_pack(&packed, &auth_account_message, account, err);

    pass->account = buf_span(&packed);
    done = done && ipc_pack(out, &pass_message, pass, err);
    buf_release(&packed);
    return done;
}

struct span pass_issue(const struct pass_office *office, enum pass_kind kind, const char *protocol,
                       const char *session, const struct auth_account_wire *account,
                       struct arena *arena)
{
    int64_t life_s = kind == PASS_FOR_PARKED ? office->parked_s : TICKET_S;
    struct pass pass = {
        .kind = kind,
        .issuer = office->issuer,
        .expires_s = now_s() + (uint64_t)life_s,
        .protocol = protocol,
        .session = session,
    };
    struct buf octets = BUF(AUTH_PASS_MAX);
    unsigned char mac[MAC_OCTETS];
    struct span issued = SPAN_EMPTY;
    struct error err = {0};

    if (write_content(&octets, &pass, account, &err)) {
        authenticate(office, buf_span(&octets), mac);
        if (buf_append(&octets, mac, sizeof(mac)))
            issued = span_of(arena_text(arena, buf_span(&octets)), octets.len);
    }
    buf_release(&octets);
    return issued;
}

/* True: we wrote it. */
static bool is_authentic(const struct pass_office *office, struct span pass, struct span *content_r)
{
    unsigned char mac[MAC_OCTETS];

    if (pass.len < MAC_OCTETS)
        return false;
    *content_r = span_first(pass, pass.len - MAC_OCTETS);
    authenticate(office, *content_r, mac);
    return CRYPTO_memcmp(mac, pass.data + content_r->len, MAC_OCTETS) == 0;
}

void pass_office_derive(const struct pass_office *office, const char *purpose,
                        unsigned char key_r[32])
{
    authenticate(office, span_text(purpose), key_r);
}

bool pass_accept(const struct pass_office *office, enum pass_kind kind,
                 const struct ticket_redemption *redemption, struct arena *arena,
                 struct auth_account_wire *account_r)
{
    struct pass pass;
    struct span content;
    struct error err = {0};

    return is_authentic(office, redemption->pass, &content) &&
           ipc_unpack(content, &pass_message, arena, &pass, &err) && pass.kind == kind &&
           (kind == PASS_FOR_PARKED || pass.issuer != office->issuer) &&
           pass.expires_s >= now_s() && strcmp(pass.protocol, redemption->protocol) == 0 &&
           strcmp(pass.session, redemption->session) == 0 &&
           ipc_unpack(pass.account, &auth_account_message, arena, account_r, &err);
}
