/* Keys of the SMTP server and certificates that they sign, for `buzon tls`: new ones, and their way into main.cf. */
#include "lib/base/base.h"

#include "tools/tls_command.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "tools/server_key.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <time.h>
#include <unistd.h>

#define PEM_MAX (256U * 1024)

/* --- files ------------------------------------------------------------------------------------------------ */

/* Relative names are in the configuration directory. */
char *tls_place(const struct tls_call *tls, const char *name)
{
    return name[0] == '/' ? mem_text(name)
                          : mem_printf("%s/%s", config_directory(tls->call->config), name);
}

/* Where a key of this algorithm is configured; NULL: nowhere, or there is no such algorithm. */
char *tls_configured_key(const struct tls_call *tls, const char *algorithm)
{
    const struct config *config = tls->call->config;
    const char *value = strcmp(algorithm, "rsa") == 0     ? config->smtpd_tls_key_file
                        : strcmp(algorithm, "ecdsa") == 0 ? config->smtpd_tls_eckey_file
                                                          : "";

    return value[0] == '\0' || strcmp(value, "none") == 0 ? NULL : tls_place(tls, value);
}

bool tls_is_algorithm(const char *name)
{
    return strcmp(name, "rsa") == 0 || strcmp(name, "ecdsa") == 0;
}

/* A file that was not there before. */
static bool put_file(int directory, const char *name, mode_t mode, const struct buf *content,
                     struct error *err)
{
    if (faccessat(directory, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        error_set(err, ERROR_PERMANENT, "%s is there already", name);
        return false;
    }
    return file_replace(directory, name, mode, buf_span(content), err);
}

/* A key, and a certificate that it signs; *key_r and *certificate_r are the files, owned. */
static bool write_pair(const struct tls_call *tls, const struct server_key *key, char **key_r,
                       char **certificate_r, struct error *err)
{
    const char *place = config_directory(tls->call->config);
    const char *kind = strcmp(server_key_algorithm(key), "rsa") == 0 ? "" : "ec";
    int directory = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct buf key_pem = BUF(PEM_MAX);
    struct buf certificate_pem = BUF(PEM_MAX);
    time_t now = time(NULL);
    char stamp[32] = "";
    struct tm tm;
    bool done = directory >= 0 && gmtime_r(&now, &tm) != NULL;

    if (!done)
        error_errno(err, "open %s", place);
    else
        (void)strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
    *key_r = mem_printf("%s/%skey-%s.pem", place, kind, stamp);
    *certificate_r = mem_printf("%s/%scert-%s.pem", place, kind, stamp);
    done = done && server_key_write(key, &key_pem, err) &&
           server_key_certify(key, tls->names, &certificate_pem, err) &&
           put_file(directory, *key_r + strlen(place) + 1, 0600, &key_pem, err) &&
           put_file(directory, *certificate_r + strlen(place) + 1, 0644, &certificate_pem, err);
    if (key_pem.len > 0)
        OPENSSL_cleanse(key_pem.data, key_pem.len);
    buf_release(&key_pem);
    buf_release(&certificate_pem);
    fd_close(&directory);
    return done;
}

static void want_pair(struct strlist *settings, const struct server_key *key, const char *key_file,
                      const char *certificate_file)
{
    bool is_rsa = strcmp(server_key_algorithm(key), "rsa") == 0;

    tls_want(settings, is_rsa ? "smtpd_tls_key_file" : "smtpd_tls_eckey_file", key_file);
    tls_want(settings, is_rsa ? "smtpd_tls_cert_file" : "smtpd_tls_eccert_file", certificate_file);
}

/* --- new keys --------------------------------------------------------------------------------------------- */

static void tell_request(const struct tls_call *tls, const char *key_file,
                         const char *certificate_file, const char *rest)
{
    log_info("To generate a CSR run:");
    log_info("  # %s tls output-server-csr -k %s [<hostname> ...]", tls->call->program, key_file);
    log_info("Save the signed certificate chain in %s%s", certificate_file, rest);
    log_info("To generate TLSA records run:");
    log_info("  # %s tls output-server-tlsa [-h <hostname>] %s", tls->call->program, key_file);
}

static int make_pair(const struct tls_call *tls, struct server_key *key, bool is_new)
{
    struct error err = {0};
    char *key_file = NULL;
    char *certificate_file = NULL;
    bool done = write_pair(tls, key, &key_file, &certificate_file, &err);

    if (done) {
        log_info("New private key and self-signed certificate created. To deploy run:");
        log_info("  # %s tls deploy-server-cert %s %s", tls->call->program, certificate_file,
                 key_file);
        tell_request(tls, key_file, certificate_file, ", and deploy as above.");
        if (is_new)
            log_info("(deploy after updating the DNS and waiting for stale RRs to expire).");
    }
    mem_free(key_file);
    mem_free(certificate_file);
    server_key_free(&key);
    return done ? 0 : tls_refuse(&err);
}

static const char *wanted_algorithm(const struct tls_call *tls)
{
    return tls->algorithm == NULL ? "rsa" : tls->algorithm;
}

int tls_new_server_key(const struct tls_call *tls)
{
    struct error err = {0};
    struct server_key *key = server_key_create(wanted_algorithm(tls), tls->size, &err);

    return key == NULL ? tls_refuse(&err) : make_pair(tls, key, true);
}

/* The key that is in use, where there is one. */
int tls_new_server_cert(const struct tls_call *tls)
{
    struct error err = {0};
    char *path = tls_configured_key(tls, wanted_algorithm(tls));
    bool is_new = path == NULL || access(path, F_OK) != 0;
    struct server_key *key = is_new ? NULL : server_key_read(path, &err);

    if (is_new && path != NULL)
        log_warning("Key file: %s not found, creating new keys", path);
    mem_free(path);
    if (is_new)
        key = server_key_create(wanted_algorithm(tls), tls->size, &err);
    return key == NULL ? tls_refuse(&err) : make_pair(tls, key, is_new);
}

int tls_enable_server(const struct tls_call *tls)
{
    struct error err = {0};
    struct strlist settings = STRLIST_EMPTY;
    char *key_file = NULL;
    char *certificate_file = NULL;
    struct server_key *key;
    bool done;

    if (!tls_all_default(tls->call->config, "smtpd_")) {
        tls_suggest(tls, true);
        log_info("You can use \"%s tls new-server-cert\" to create a new certificate.",
                 tls->call->program);
        log_info("Or, \"%s tls new-server-key\" to also force a new private key.",
                 tls->call->program);
        return 0;
    }
    if (!tls_is_algorithm(wanted_algorithm(tls)))
        return buzon_refuse("Unsupported private key algorithm: %s", tls->algorithm);
    key = server_key_create(wanted_algorithm(tls), tls->size, &err);
    if (key == NULL || !write_pair(tls, key, &key_file, &certificate_file, &err))
        return tls_refuse(&err); /* which ends the program */
    tls_want_opportunistic(&settings, true);
    want_pair(&settings, key, key_file, certificate_file);
    done = tls_store(tls, &settings) == 0;
    if (done) {
        log_info("Enabled opportunistic TLS in the %s SMTP server", tls->call->product);
        log_info("New TLS private key and certificate deployed.");
        tls_tell_reload(tls);
        tell_request(tls, key_file, certificate_file, ".");
        log_info("(If you have DANE TLSA RRs, update them as soon as possible to match");
        log_info("the newly deployed keys).");
    }
    server_key_free(&key);
    mem_free(key_file);
    mem_free(certificate_file);
    return done ? 0 : 1;
}

int tls_deploy_server_cert(const struct tls_call *tls)
{
    struct error err = {0};
    struct strlist settings = STRLIST_EMPTY;
    char *certificate_file = tls_place(tls, tls->rest[0]);
    char *key_file = tls_place(tls, tls->rest[1]);
    struct server_key *key = server_key_read(key_file, &err);
    bool done = key != NULL && server_key_matches(key, certificate_file, &err);

    if (!done) {
        (void)tls_refuse(&err);
    } else {
        want_pair(&settings, key, key_file, certificate_file);
        done = tls_store(tls, &settings) == 0;
    }
    if (done) {
        log_info("New TLS private key and certificate deployed.");
        tls_tell_reload(tls);
    }
    server_key_free(&key);
    mem_free(certificate_file);
    mem_free(key_file);
    return done ? 0 : 1;
}
