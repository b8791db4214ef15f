/* What others need to know of the SMTP server's keys, for `buzon tls`: certificate requests and TLSA records. */
#include "lib/base/base.h"

#include "tools/tls_command.h"

#include "tools/server_key.h"

#include <stdio.h>
#include <unistd.h>

#define PEM_MAX (256U * 1024)

static char *named_key(const struct tls_call *tls, const char *name)
{
    return tls_is_algorithm(name) ? tls_configured_key(tls, name) : tls_place(tls, name);
}

static int flush_output(void)
{
    return fflush(stdout) == 0 ? 0 : buzon_refuse("error writing output: %s", strerror(errno));
}

int tls_output_server_csr(const struct tls_call *tls)
{
    struct error err = {0};
    char *path = named_key(tls, tls->key == NULL ? "rsa" : tls->key);
    struct server_key *key = NULL;
    struct buf pem = BUF(PEM_MAX);
    bool done;

    if (path == NULL || access(path, F_OK) != 0) {
        mem_free(path);
        return buzon_refuse("No usable keyfile specified or configured");
    }
    key = server_key_read(path, &err);
    done = key != NULL && server_key_request(key, tls->names, &pem, &err);
    if (done)
        (void)fwrite(pem.data, 1, pem.len, stdout);
    buf_release(&pem);
    server_key_free(&key);
    mem_free(path);
    return done ? flush_output() : tls_refuse(&err);
}

/* Port 25, RFC 7672 section 3.1.1: "3 1 1". */
static bool output_tlsa(const char *path, const char *host, struct error *err)
{
    struct server_key *key;
    char hex[SERVER_KEY_DIGEST_LEN + 1];
    bool done;

    (void)printf("; %s\n", path);
    key = server_key_read(path, err);
    done = key != NULL && server_key_digest(key, hex, err);
    if (done)
        (void)printf("_25._tcp.%s. IN TLSA 3 1 1 %s\n", host, hex);
    server_key_free(&key);
    return done;
}

int tls_output_server_tlsa(const struct tls_call *tls)
{
    static const char *const algorithms[] = {"rsa", "ecdsa", NULL};
    const char *const *names = tls->rest[0] == NULL ? algorithms : (const char *const *)tls->rest;
    const char *host = tls->host == NULL ? tls->call->config->myhostname : tls->host;
    struct error err = {0};
    bool any = false;

    for (size_t i = 0; names[i] != NULL; i++) {
        char *path = named_key(tls, names[i]);
        bool done = path == NULL || output_tlsa(path, host, &err);

        any = any || path != NULL;
        mem_free(path);
        if (!done) {
            (void)flush_output();
            return tls_refuse(&err);
        }
    }
    if (!any)
        return buzon_refuse("No usable keyfiles specified or configured");
    return flush_output();
}
