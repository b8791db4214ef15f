/* How the LDAP module finds its server and speaks with it: URLs, options, TLS. */
#include "lib/map/driver/ldap_connect.h"

#include <stdio.h>

static const struct map_host *host;

static void fail(struct error *err, const char *what, int failure)
{
    host->error_set(err, ERROR_TEMPORARY, "%s: %s", what, ldap_err2string(failure));
}

/* "host", "host:port" and URLs, in a list: URLs for the library, which tries them in this order. */
static char *list_of_urls(const struct table_settings *settings, const char *servers)
{
    struct buf list = {.limit = 65536};
    char port[24];
    const char *at = servers;
    char *urls;

    (void)snprintf(port, sizeof(port), ":%.20s", host->setting(settings, "server_port", "389"));
    for (;;) {
        size_t len;
        bool is_url;
        bool done;

        at += strspn(at, ", \t\r\n");
        len = strcspn(at, ", \t\r\n");
        if (len == 0)
            break;
        is_url = memmem(at, len, "://", 3) != NULL;
        done =
            host->buf_append(&list, is_url ? " " : " ldap://", is_url ? 1 : 8) &&
            host->buf_append(&list, at, len) &&
            (is_url || memchr(at, ':', len) != NULL || host->buf_append(&list, port, strlen(port)));
        if (!done)
            break;
        at += len;
    }
    urls = host->mem_span(span_of(list.data, list.len));
    host->buf_release(&list);
    return urls;
}

static int set_number(LDAP *ldap, int option, int value)
{
    return ldap_set_option(ldap, option, &value) == LDAP_OPT_SUCCESS ? LDAP_SUCCESS
                                                                     : LDAP_PARAM_ERROR;
}

static int set_text(LDAP *ldap, int option, const struct table_settings *settings, const char *name)
{
    const char *value = host->setting(settings, name, "");

    if (value[0] == '\0')
        return LDAP_SUCCESS;
    return ldap_set_option(ldap, option, value) == LDAP_OPT_SUCCESS ? LDAP_SUCCESS
                                                                    : LDAP_PARAM_ERROR;
}

static bool set_options(LDAP *ldap, const struct table_settings *settings,
                        struct timeval *timeout_r, struct error *err)
{
    int timeout;
    int version;
    int dereference;
    bool referrals;
    int failure;

    if (!host->setting_number(settings, "timeout", 10, 1, &timeout, err) ||
        !host->setting_number(settings, "version", 3, 0, &version, err) ||
        !host->setting_number(settings, "dereference", 0, 0, &dereference, err) ||
        !host->setting_flag(settings, "chase_referrals", false, &referrals, err))
        return false;
    if (dereference < LDAP_DEREF_NEVER || dereference > LDAP_DEREF_ALWAYS)
        dereference = LDAP_DEREF_NEVER; /* what Postfix's manual does not name is the default */
    if (version != LDAP_VERSION2)
        version = LDAP_VERSION3;
    *timeout_r = (struct timeval){.tv_sec = timeout};
    failure = set_number(ldap, LDAP_OPT_PROTOCOL_VERSION, version);
    if (failure == LDAP_SUCCESS)
        failure = set_number(ldap, LDAP_OPT_DEREF, dereference);
    if (failure == LDAP_SUCCESS)
        failure = set_number(ldap, LDAP_OPT_TIMELIMIT, timeout);
    if (failure == LDAP_SUCCESS &&
        (ldap_set_option(ldap, LDAP_OPT_NETWORK_TIMEOUT, timeout_r) != LDAP_OPT_SUCCESS ||
         ldap_set_option(ldap, LDAP_OPT_TIMEOUT, timeout_r) != LDAP_OPT_SUCCESS ||
         ldap_set_option(ldap, LDAP_OPT_REFERRALS, referrals ? LDAP_OPT_ON : LDAP_OPT_OFF) !=
             LDAP_OPT_SUCCESS))
        failure = LDAP_PARAM_ERROR;
    if (failure != LDAP_SUCCESS)
        fail(err, "set options", failure);
    return failure == LDAP_SUCCESS;
}

static bool set_tls(LDAP *ldap, const struct table_settings *settings, struct error *err)
{
    int failure;
    bool verifies;

    if (!host->setting_flag(settings, "tls_require_cert", false, &verifies, err))
        return false;
    failure = set_text(ldap, LDAP_OPT_X_TLS_CACERTFILE, settings, "tls_ca_cert_file");
    if (failure == LDAP_SUCCESS)
        failure = set_text(ldap, LDAP_OPT_X_TLS_CACERTDIR, settings, "tls_ca_cert_dir");
    if (failure == LDAP_SUCCESS)
        failure = set_text(ldap, LDAP_OPT_X_TLS_CERTFILE, settings, "tls_cert");
    if (failure == LDAP_SUCCESS)
        failure = set_text(ldap, LDAP_OPT_X_TLS_KEYFILE, settings, "tls_key");
    if (failure == LDAP_SUCCESS)
        failure = set_text(ldap, LDAP_OPT_X_TLS_CIPHER_SUITE, settings, "tls_cipher_suite");
    if (failure == LDAP_SUCCESS)
        failure = set_number(ldap, LDAP_OPT_X_TLS_REQUIRE_CERT,
                             verifies ? LDAP_OPT_X_TLS_DEMAND : LDAP_OPT_X_TLS_NEVER);
    if (failure == LDAP_SUCCESS)
        failure = set_number(ldap, LDAP_OPT_X_TLS_NEWCTX, 0);
    if (failure != LDAP_SUCCESS)
        fail(err, "set TLS options", failure);
    return failure == LDAP_SUCCESS;
}

static bool start_tls(LDAP *ldap, const struct table_settings *settings, struct error *err)
{
    bool wanted;
    int failure;

    if (!host->setting_flag(settings, "start_tls", false, &wanted, err))
        return false;
    if (!wanted)
        return true;
    failure = ldap_start_tls_s(ldap, NULL, NULL);
    if (failure != LDAP_SUCCESS)
        fail(err, "start TLS", failure);
    return failure == LDAP_SUCCESS;
}

bool ldap_connect_as_told(const struct map_host *from, const struct table_settings *settings,
                          const char *servers, LDAP **ldap_r, struct timeval *timeout_r,
                          struct error *err)
{
    char *urls;
    int failure;

    host = from;
    urls = list_of_urls(settings, servers);
    failure = ldap_initialize(ldap_r, urls);
    host->mem_free(urls);
    if (failure != LDAP_SUCCESS) {
        fail(err, "server_host", failure);
        return false;
    }
    return set_options(*ldap_r, settings, timeout_r, err) && set_tls(*ldap_r, settings, err) &&
           start_tls(*ldap_r, settings, err);
}
