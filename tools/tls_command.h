/*
 * `buzon tls`: one call of it, what its subcommands are, and what they share.
 */
#ifndef BUZON_TOOLS_TLS_COMMAND_H
#define BUZON_TOOLS_TLS_COMMAND_H

#include "lib/base/strlist.h"
#include "tools/buzon.h"

#define TLS_NAMES_MAX 100

/* One call: its options, and what stands behind them. */
struct tls_call {
    const struct call *call;
    const char *algorithm, *size, *random_source, *host,
        *key; /* of -a, -b, -r, -h, -k; NULL: not there */
    char *const *rest;
    char *names[TLS_NAMES_MAX + 1]; /* of the host; those of the rest, or else myhostname */
};

/* --- the subcommands: the exit status ------------------------------------------------------------------------ */

int tls_all_default_client(const struct tls_call *tls); /* tls_settings.c */
int tls_all_default_server(const struct tls_call *tls);
int tls_enable_client(const struct tls_call *tls);

int tls_enable_server(const struct tls_call *tls); /* tls_pair.c */
int tls_new_server_key(const struct tls_call *tls);
int tls_new_server_cert(const struct tls_call *tls);
int tls_deploy_server_cert(const struct tls_call *tls);

int tls_output_server_csr(const struct tls_call *tls); /* tls_output.c */
int tls_output_server_tlsa(const struct tls_call *tls);

/* --- settings (tls_settings.c) ----------------------------------------------------------------------------------- */

/* tls_refuse - the error, and the exit status of a command that failed */
int tls_refuse(const struct error *err);
/* tls_all_default - is every setting of TLS with this beginning of its name ("smtpd_") the default one? */
bool tls_all_default(const struct config *config, const char *prefix);
/* tls_want - a setting for tls_store; what has no effect here is left as it is */
void tls_want(struct strlist *settings, const char *name, const char *value);
void tls_want_opportunistic(struct strlist *settings, bool server);
/* tls_store - put them into main.cf; releases them; an exit status */
int tls_store(const struct tls_call *tls, struct strlist *settings);
/* tls_tell_reload, tls_suggest - what the caller does next; what is not changed because something is set already */
void tls_tell_reload(const struct tls_call *tls);
void tls_suggest(const struct tls_call *tls, bool server);

/* --- files of keys (tls_pair.c) -------------------------------------------------------------------------------------- */

/* tls_place - relative names are in the configuration directory; owned by the caller */
char *tls_place(const struct tls_call *tls, const char *name);
bool tls_is_algorithm(const char *name);
/* tls_configured_key - where a key of this algorithm is configured; NULL: nowhere, or there is no such algorithm */
char *tls_configured_key(const struct tls_call *tls, const char *algorithm);

#endif
