/*
 * `buzon tls`: switches TLS on in clients and servers, and looks after the keys and certificates of the SMTP
 * server, as postfix-tls(1) does. Settings are changed by the code behind buzonconf -e.
 */
#include "lib/base/base.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/strlist.h"
#include "lib/config/parameter.h"
#include "lib/config/source.h"
#include "tools/buzon.h"
#include "tools/conf/edit.h"
#include "tools/server_key.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define PEM_MAX   (256U * 1024)
#define NAMES_MAX 100

/* One call: its options, and what stands behind them. */
struct tls_call {
    const struct call *call;
    const char *algorithm, *size, *random_source, *host,
        *key; /* of -a, -b, -r, -h, -k; NULL: not there */
    char *const *rest;
    char *names[NAMES_MAX + 1]; /* of the host; those of the rest, or else myhostname */
};

static int refuse(const struct error *err)
{
    return buzon_refuse("%s", err->text);
}

/* --- settings ------------------------------------------------------------------------------------------ */

/* Is every setting of TLS with this beginning of its name the default one? */
static bool all_default(const struct config *config, const char *prefix)
{
    for (size_t i = 0; i < PARAMETER_COUNT; i++) {
        const struct parameter *parameter = &parameters[i];
        const struct entry *entry = &config->source->known[i];

        if (span_starts_with(span_text(parameter->name), prefix) &&
            strstr(parameter->name, "tls") != NULL && entry->text != NULL &&
            strcmp(entry->text, parameter->value) != 0)
            return false;
    }
    return true;
}

/* What has no effect here is left as it is. */
static void want(struct strlist *settings, const char *name, const char *value)
{
    const struct parameter *parameter = parameter_find(span_text(name));
    char *setting;

    if (parameter == NULL || parameter->support != PARAMETER_WORKS)
        return;
    setting = mem_printf("%s = %s", name, value);
    strlist_add(settings, setting);
    mem_free(setting);
}

static void want_opportunistic(struct strlist *settings, bool server)
{
    if (server) {
        want(settings, "smtpd_tls_security_level", "may");
        want(settings, "smtpd_tls_loglevel", "1");
        want(settings, "smtpd_tls_received_header", "yes");
    } else {
        want(settings, "smtp_tls_security_level", "may");
        want(settings, "smtp_tls_loglevel", "1");
        want(settings, "smtp_tls_session_cache_database",
             "$default_cache_db_type:$data_directory/smtp_scache");
    }
}

static int store(const struct tls_call *tls, struct strlist *settings)
{
    struct error err = {0};
    bool done;

    if (tls->random_source != NULL)
        want(settings, "tls_random_source", tls->random_source);
    done = edit_main(config_directory(tls->call->config), EDIT_SET, settings, &err);
    strlist_release(settings);
    return done ? 0 : refuse(&err);
}

static void tell_reload(const struct tls_call *tls)
{
    log_info("Run the command:");
    log_info("  # %s reload", tls->call->program);
    log_info("if you want the new settings to take effect immediately.");
}

static void suggest(const struct tls_call *tls, bool server)
{
    const char *side = server ? "server" : "client";
    struct strlist settings = STRLIST_EMPTY;

    log_info("*** Non-default SMTP %s TLS settings detected, no changes made.", side);
    log_info("For opportunistic TLS in the %s SMTP %s, the below settings", tls->call->product,
             side);
    log_info("are typical:");
    want_opportunistic(&settings, server);
    for (size_t i = 0; i < settings.count; i++)
        log_info("  %s", settings.items[i]);
    strlist_release(&settings);
}

static int all_default_client(const struct tls_call *tls)
{
    return all_default(tls->call->config, "smtp_") ? 0 : 1;
}

static int all_default_server(const struct tls_call *tls)
{
    return all_default(tls->call->config, "smtpd_") ? 0 : 1;
}

static int enable_client(const struct tls_call *tls)
{
    struct strlist settings = STRLIST_EMPTY;

    if (!all_default(tls->call->config, "smtp_")) {
        suggest(tls, false);
        return 0;
    }
    want_opportunistic(&settings, false);
    if (store(tls, &settings) != 0)
        return 1;
    log_info("Enabled opportunistic TLS in the %s SMTP client.", tls->call->product);
    tell_reload(tls);
    return 0;
}

/* --- files ------------------------------------------------------------------------------------------------ */

/* Relative names are in the configuration directory. */
static char *place(const struct tls_call *tls, const char *name)
{
    return name[0] == '/' ? mem_text(name)
                          : mem_printf("%s/%s", config_directory(tls->call->config), name);
}

/* Where a key of this algorithm is configured; NULL: nowhere, or there is no such algorithm. */
static char *configured_key(const struct tls_call *tls, const char *algorithm)
{
    const struct config *config = tls->call->config;
    const char *value = strcmp(algorithm, "rsa") == 0     ? config->smtpd_tls_key_file
                        : strcmp(algorithm, "ecdsa") == 0 ? config->smtpd_tls_eckey_file
                                                          : "";

    return value[0] == '\0' || strcmp(value, "none") == 0 ? NULL : place(tls, value);
}

static bool is_algorithm(const char *name)
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

    want(settings, is_rsa ? "smtpd_tls_key_file" : "smtpd_tls_eckey_file", key_file);
    want(settings, is_rsa ? "smtpd_tls_cert_file" : "smtpd_tls_eccert_file", certificate_file);
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
    return done ? 0 : refuse(&err);
}

static const char *wanted_algorithm(const struct tls_call *tls)
{
    return tls->algorithm == NULL ? "rsa" : tls->algorithm;
}

static int new_server_key(const struct tls_call *tls)
{
    struct error err = {0};
    struct server_key *key = server_key_create(wanted_algorithm(tls), tls->size, &err);

    return key == NULL ? refuse(&err) : make_pair(tls, key, true);
}

/* The key that is in use, where there is one. */
static int new_server_cert(const struct tls_call *tls)
{
    struct error err = {0};
    char *path = configured_key(tls, wanted_algorithm(tls));
    bool is_new = path == NULL || access(path, F_OK) != 0;
    struct server_key *key = is_new ? NULL : server_key_read(path, &err);

    if (is_new && path != NULL)
        log_warning("Key file: %s not found, creating new keys", path);
    mem_free(path);
    if (is_new)
        key = server_key_create(wanted_algorithm(tls), tls->size, &err);
    return key == NULL ? refuse(&err) : make_pair(tls, key, is_new);
}

static int enable_server(const struct tls_call *tls)
{
    struct error err = {0};
    struct strlist settings = STRLIST_EMPTY;
    char *key_file = NULL;
    char *certificate_file = NULL;
    struct server_key *key;
    bool done;

    if (!all_default(tls->call->config, "smtpd_")) {
        suggest(tls, true);
        log_info("You can use \"%s tls new-server-cert\" to create a new certificate.",
                 tls->call->program);
        log_info("Or, \"%s tls new-server-key\" to also force a new private key.",
                 tls->call->program);
        return 0;
    }
    if (!is_algorithm(wanted_algorithm(tls)))
        return buzon_refuse("Unsupported private key algorithm: %s", tls->algorithm);
    key = server_key_create(wanted_algorithm(tls), tls->size, &err);
    if (key == NULL || !write_pair(tls, key, &key_file, &certificate_file, &err))
        return refuse(&err); /* which ends the program */
    want_opportunistic(&settings, true);
    want_pair(&settings, key, key_file, certificate_file);
    done = store(tls, &settings) == 0;
    if (done) {
        log_info("Enabled opportunistic TLS in the %s SMTP server", tls->call->product);
        log_info("New TLS private key and certificate deployed.");
        tell_reload(tls);
        tell_request(tls, key_file, certificate_file, ".");
        log_info("(If you have DANE TLSA RRs, update them as soon as possible to match");
        log_info("the newly deployed keys).");
    }
    server_key_free(&key);
    mem_free(key_file);
    mem_free(certificate_file);
    return done ? 0 : 1;
}

static int deploy_server_cert(const struct tls_call *tls)
{
    struct error err = {0};
    struct strlist settings = STRLIST_EMPTY;
    char *certificate_file = place(tls, tls->rest[0]);
    char *key_file = place(tls, tls->rest[1]);
    struct server_key *key = server_key_read(key_file, &err);
    bool done = key != NULL && server_key_matches(key, certificate_file, &err);

    if (!done) {
        (void)refuse(&err);
    } else {
        want_pair(&settings, key, key_file, certificate_file);
        done = store(tls, &settings) == 0;
    }
    if (done) {
        log_info("New TLS private key and certificate deployed.");
        tell_reload(tls);
    }
    server_key_free(&key);
    mem_free(certificate_file);
    mem_free(key_file);
    return done ? 0 : 1;
}

/* --- what others need to know --------------------------------------------------------------------------- */

static char *named_key(const struct tls_call *tls, const char *name)
{
    return is_algorithm(name) ? configured_key(tls, name) : place(tls, name);
}

static int flush_output(void)
{
    return fflush(stdout) == 0 ? 0 : buzon_refuse("error writing output: %s", strerror(errno));
}

static int output_server_csr(const struct tls_call *tls)
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
    return done ? flush_output() : refuse(&err);
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

static int output_server_tlsa(const struct tls_call *tls)
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
            return refuse(&err);
        }
    }
    if (!any)
        return buzon_refuse("No usable keyfiles specified or configured");
    return flush_output();
}

/* --- the table of subcommands ------------------------------------------------------------------------- */

static const struct subcommand {
    const char *name;
    const char *options; /* as getopt(3) has them */
    int least, most;     /* arguments; -1: any number */
    const char *usage;
    int (*run)(const struct tls_call *tls);
} subcommands[] = {
    {"enable-client",      "r:",     0, 0,  "[-r devrandom]",                                          enable_client     },
    {"enable-server",      "r:a:b:", 0, -1, "[-r devrandom] [-a algorithm] [-b bits ] [hostname ...]",
     enable_server                                                                                                       },
    {"new-server-key",     "a:b:",   0, -1, "[-a algorithm] [-b bits ] [hostname ...]",                new_server_key    },
    {"new-server-cert",    "a:b:",   0, -1, "[-a algorithm] [-b bits ] [hostname ...]",                new_server_cert   },
    {"deploy-server-cert", "",       2, 2,  "certfile keyfile",                                        deploy_server_cert},
    {"output-server-csr",  "k:",     0, -1, "[-k keyfile] [hostname ...]",                             output_server_csr },
    {"output-server-tlsa", "h:",     0, -1, "[-h hostname] [keyfile ...]",                             output_server_tlsa},
    {"all-default-client", "",       0, 0,  "",                                                        all_default_client},
    {"all-default-server", "",       0, 0,  "",                                                        all_default_server},
};

static bool take_options(struct tls_call *tls, const struct subcommand *subcommand, int argc)
{
    char *const *arguments = tls->call->arguments;
    int option;

    optind = 0; /* glibc: from the start, on another vector */
    opterr = 0;
    while ((option = getopt(argc, arguments, subcommand->options)) != -1) {
        if (option == 'a')
            tls->algorithm = optarg;
        else if (option == 'b')
            tls->size = optarg;
        else if (option == 'h')
            tls->host = optarg;
        else if (option == 'k')
            tls->key = optarg;
        else if (option == 'r')
            tls->random_source = optarg;
        else
            return false;
    }
    tls->rest = arguments + optind;
    return argc - optind >= subcommand->least && argc - optind <= NAMES_MAX &&
           (subcommand->most < 0 || argc - optind <= subcommand->most);
}

static int run(const struct call *call, const struct subcommand *subcommand)
{
    struct tls_call tls = {.call = call};
    int argc = 0;
    size_t count = 0;
    int status;

    while (call->arguments[argc] != NULL)
        argc++;
    if (!take_options(&tls, subcommand, argc))
        return buzon_refuse("usage: %s tls %s%s%s", call->program, subcommand->name,
                            subcommand->usage[0] == '\0' ? "" : " ", subcommand->usage);
    for (; tls.rest[count] != NULL; count++)
        tls.names[count] = tls.rest[count];
    if (count == 0)
        tls.names[0] = mem_text(call->config->myhostname);
    status = subcommand->run(&tls);
    if (count == 0)
        mem_free(tls.names[0]);
    return status;
}

int buzon_tls(const struct call *call)
{
    const char *name = call->arguments[0] == NULL ? "" : call->arguments[0];

    if (strcmp(call->program, "postfix") == 0) /* there it is another script than for the rest */
        log_name(mem_printf("%s/postfix-tls-script", call->config->syslog_name));
    for (size_t i = 0; i < ARRAY_LENGTH(subcommands); i++) {
        if (strcmp(subcommands[i].name, name) == 0)
            return run(call, &subcommands[i]);
    }
    log_error("unknown tls command: '%s'", name);
    return buzon_refuse("usage: %s tls enable-client (or enable-server, new-server-key, "
                        "new-server-cert, deploy-server-cert, output-server-csr, "
                        "output-server-tlsa, all-default-client, all-default-server)",
                        call->program);
}
