/*
 * login: the front of IMAP and POP3. Event-driven, one process for thousands of connections: TLS and
 * everything before the password is accepted; then the session goes to an imapd or pop3d of its own.
 * Runs as buzonnet in an empty directory: whoever breaks in finds no mailbox, and opens none without a
 * password.
 */
#include "lib/base/base.h"

#include "login/auth_link.h"
#include "login/park.h"

#include "lib/base/hash.h"

#include <sys/resource.h>

static struct login login;

static bool open_certificate(const struct config *config, struct error *err)
{
    const struct tls_server_settings settings = {
        .certificate_file = config->login_tls_cert_file,
        .key_file = config->login_tls_key_file,
        .chain_files = config->login_tls_chain_files,
        .protocols = config->smtpd_tls_mandatory_protocols,
        .cipher_list = "",
        .dh_file = "",
        .ask_certificate = config->login_tls_ask_ccert,
        .client_ca_file = config->login_tls_CAfile,
    };

    if (config->login_tls_chain_files[0] == '\0' &&
        (config->login_tls_cert_file[0] == '\0' ||
         strcmp(config->login_tls_cert_file, "none") == 0))
        return true;
    login.tls = tls_context_server(&settings, err);
    return login.tls != NULL;
}

static bool prepare(const struct service_instance *instance, struct error *err)
{
    const char *protocol = instance->config->login_protocol;

    if (strcmp(protocol, "imap") == 0) {
        login.protocol = &login_imap;
    } else if (strcmp(protocol, "pop3") == 0) {
        login.protocol = &login_pop3;
    } else {
        error_set(err, ERROR_PERMANENT,
                  "login_protocol is \"%s\"; master.cf has to say -o login_protocol=imap or pop3",
                  protocol);
        return false;
    }
    if (instance->config->login_upstream_proxy_protocol[0] != '\0' &&
        strcmp(instance->config->login_upstream_proxy_protocol, "haproxy") != 0) {
        error_set(err, ERROR_PERMANENT, "login_upstream_proxy_protocol is \"%s\", not haproxy",
                  instance->config->login_upstream_proxy_protocol);
        return false;
    }
    return open_certificate(instance->config, err);
}

/* All that there may be: a parked session needs one. */
static size_t take_descriptors(void)
{
    struct rlimit limit = {.rlim_cur = 1024};

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        (void)getrlimit(RLIMIT_NOFILE, &limit);
    }
    return limit.rlim_cur;
}

static bool start(const struct service_instance *instance, struct error *err UNUSED)
{
    login.instance = instance;
    login.config = instance->config;
    login.auth = auth_link_create(&login);
    login.addresses = hash_create();
    login.pools = hash_create();
    login.descriptors = take_descriptors();
    return true;
}

/* An imapd gives its session back some time; what pop3d has is its own. */
static void on_drain(const struct service_instance *instance UNUSED)
{
    if (!login.protocol->parks)
        sessions_forget_away(&login);
    auth_link_leave(login.auth);
}

static void on_stop(const struct service_instance *instance UNUSED)
{
    park_end_all(&login);
}

static void on_connection(int fd, const struct service_instance *instance UNUSED)
{
    client_create(&login, fd);
}

int main(int argc, char *argv[])
{
    static const struct service service = {
        .program = "login",
        .user = SERVICE_USER_NET,
        .sandbox = SANDBOX_NO_FILES | SANDBOX_NO_EXEC,
        .mailbox_side = true,
        .prepare = prepare,
        .start = start,
        .on_connection = on_connection,
        .on_drain = on_drain,
        .on_stop = on_stop,
    };

    return service_main(&service, argc, argv);
}
