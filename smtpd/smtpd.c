/*
 * The SMTP server: takes mail from the network and hands it to cleanup. master starts it; one process
 * serves one client at a time, blocking, with deadlines. It runs as net_owner in an empty directory:
 * tables are asked through proxymap, messages go to cleanup, and the TLS key is read before that.
 */
#include "lib/base/base.h"

#include "lib/base/escape.h"
#include "lib/base/log.h"
#include "lib/config/tls_ciphers.h"
#include "lib/service/service.h"
#include "smtpd/access.h"
#include "smtpd/client.h"
#include "smtpd/command.h"
#include "smtpd/hello.h"
#include "smtpd/session.h"

static struct smtpd_server server;

/* --- a session ------------------------------------------------------------------------------------ */

/* A line past line_length_limit is cut there, and the rest of it forgotten. */
static enum stream_status cut_line(struct smtpd_session *session, size_t limit, struct span *line_r)
{
    struct span input;
    enum stream_status status = stream_fill(session->client, &input);
    size_t end;

    if (status != STREAM_OK)
        return status;
    *line_r = span_first(input, limit);
    *line_r = span_of(arena_text(session->command_arena, *line_r), line_r->len);
    log_warning("%s: request longer than %zu: %.30s...", session->peer.label, limit, line_r->data);
    while ((end = span_find(input, '\n')) == input.len) {
        stream_consume(session->client, input.len);
        status = stream_fill(session->client, &input);
        if (status != STREAM_OK)
            return status;
    }
    stream_consume(session->client, end + 1);
    return STREAM_OK;
}

/* Replies are sent when we would wait: a client that pipelines gets them all at once. */
static bool has_line(struct stream *client)
{
    struct span input;

    return stream_has_input(client) && stream_fill(client, &input) == STREAM_OK &&
           span_find(input, '\n') < input.len;
}

/* The next line without its end; false: the session has ended. */
static bool read_line(struct smtpd_session *session, struct span *line_r, bool *bare_r)
{
    size_t limit = (size_t)session->config->line_length_limit;
    enum stream_status status;

    if (!has_line(session->client))
        smtpd_flush(session);
    if (session->ended)
        return false;
    smtpd_begin_deadline(session);
    service_quiet((session->phase & PHASE_IN_MAIL) == 0);
    status = stream_read_line(session->client, limit - 1, line_r, bare_r);
    service_quiet(false);
    if (status == STREAM_TOO_LONG)
        status = cut_line(session, limit, line_r);
    if (status != STREAM_OK)
        smtpd_stream_failed(session, status);
    return status == STREAM_OK;
}

static bool forbids_bare_newline(const struct smtpd_session *session)
{
    struct error err;

    return strcmp(session->config->smtpd_forbid_bare_newline, "reject") == 0 &&
           match_list_client(server.bare_newline_exclusions, span_text(session->peer.name),
                             &session->peer.address, &err) != MAP_FOUND;
}

/* smtpd_command_filter: what stands in the place of this line; false: it cannot be asked */
static bool filter_line(struct smtpd_session *session, struct span *line)
{
    struct buf filtered = BUF((size_t)session->config->line_length_limit);
    struct error err;
    enum map_result result = MAP_ABSENT;

    if (!maps_is_empty(server.command_filter) && line->len > 0)
        result = maps_find(server.command_filter, *line, MAP_FOLD_KEY, &filtered, NULL, &err);
    if (result == MAP_FOUND) {
        log_info("%s: replacing command \"%.100s\" with \"%.100s\"", session->peer.label,
                 arena_text(session->command_arena, *line), buf_text(&filtered));
        *line = span_of(arena_text(session->command_arena, buf_span(&filtered)), filtered.len);
    }
    buf_release(&filtered);
    if (result != MAP_UNAVAILABLE)
        return true;
    smtpd_refuse(session, "421 4.3.0 %s Server local data error", session->config->myhostname);
    smtpd_end(session, END_ORDERLY);
    return false;
}

static void run_line(struct smtpd_session *session)
{
    struct span line;
    bool is_bare = false;

    arena_reset(session->command_arena);
    if (!read_line(session, &line, &is_bare))
        return;
    smtpd_said(session, '<', line);
    if (is_bare && forbids_bare_newline(session)) {
        smtpd_log_decision(session, "reject", "bare <LF> received");
        smtpd_refuse(session, "%d 5.5.2 %s Error: bare <LF> received",
                     session->config->smtpd_forbid_bare_newline_reject_code,
                     session->config->myhostname);
        smtpd_end(session, END_ORDERLY);
        return;
    }
    if (!filter_line(session, &line))
        return;
    smtpd_command(session, line);
    if (!session->ended && session->error_count >= session->config->smtpd_hard_error_limit) {
        smtpd_reply(session, "421 4.7.0 %s Error: too many errors", session->config->myhostname);
        session->end = END_ERRORS;
    }
}

/* The greeting, or the refusal in its place (smtpd_delay_reject = no). */
static void welcome(struct smtpd_session *session)
{
    const char *refusal = access_check_client(session);

    if (refusal == NULL) {
        smtpd_reply(session, "220 %s", session->config->smtpd_banner);
        return;
    }
    session->phase = PHASE_REFUSED;
    smtpd_refuse(session, "%s", refusal);
}

static const char *const events[] = {
    [END_LOST] = "lost connection",
    [END_TIMEOUT] = "timeout",
    [END_ERRORS] = "too many errors",
};

static void log_end(const struct smtpd_session *session)
{
    bool after_message = strcmp(session->where, "END-OF-MESSAGE") == 0;

    if (session->end == END_ORDERLY || (session->end == END_LOST && after_message))
        return;
    if (session->content.begun)
        log_info("%s after %s (%" PRIu64 " bytes) from %s", events[session->end], session->where,
                 session->content.octets, session->peer.label);
    else
        log_info("%s after %s from %s", events[session->end], session->where, session->peer.label);
}

static bool start_tls_at_once(struct smtpd_session *session)
{
    if (server.tls != NULL)
        return hello_start_tls(session);
    log_warning("smtpd_tls_wrappermode without a usable certificate: %s is turned away",
                session->peer.label);
    smtpd_end(session, END_ORDERLY);
    return false;
}

/* A client that may have as many connections as it likes would take all our processes. */
static bool has_too_many(struct smtpd_session *session, const char *service)
{
    const struct config *config = session->config;
    const int limit = config->smtpd_client_connection_count_limit;
    struct error err;
    unsigned count;

    if (limit <= 0 || match_list_client(server.limit_exceptions, span_text(session->peer.name),
                                        &session->peer.address, &err) == MAP_FOUND)
        return false;
    count = service_meet_client(&session->peer.address, config->smtpd_client_ipv4_prefix_length,
                                config->smtpd_client_ipv6_prefix_length);
    if (count <= (unsigned)limit)
        return false;
    log_warning("Connection concurrency limit exceeded: %u from %s for service %s", count,
                session->peer.label, service);
    smtpd_refuse(session, "421 4.7.0 %s Error: too many connections from %s", config->myhostname,
                 session->peer.text);
    smtpd_end(session, END_ORDERLY);
    return true;
}

static void greet(struct smtpd_session *session, const char *service)
{
    if (session->config->smtpd_tls_wrappermode && !start_tls_at_once(session))
        return;
    if (!has_too_many(session, service))
        welcome(session);
}

static void serve_client(int fd, const struct service_instance *instance)
{
    struct smtpd_session session;
    bool is_known;

    smtpd_session_init(&session, &server, stream_create(fd));
    is_known = smtpd_hear_proxy(&session);
    smtpd_identify(&session);
    debug_peers_begin(server.debug_peers, session.peer.name, &session.peer.address);
    log_info("connect from %s", session.peer.label);
    if (!is_known)
        smtpd_refuse(&session, "421 4.3.0 %s Server local error", session.config->myhostname);
    else
        greet(&session, instance->name);
    while (!session.ended)
        run_line(&session);
    if (session.end != END_LOST)
        smtpd_flush(&session);
    log_end(&session);
    smtpd_reset(&session); /* its conversation with cleanup, too */
    smtpd_tell_postmaster(&session, 0, session.end == END_ORDERLY ? NULL : events[session.end]);
    command_counts_log(&session);
    if (session.tls != NULL)
        stream_end_tls(session.client);
    service_part_client(); /* first: who hangs up may come again at once */
    smtpd_session_release(&session);
    debug_peers_end(server.debug_peers);
}

/* --- the process ---------------------------------------------------------------------------------- */

/* The older parameters count only where the level is not set; levels that only clients can have are the highest one. */
static enum tls_level tls_level(const struct config *config)
{
    const char *level = config->smtpd_tls_security_level;

    if (config->smtpd_tls_wrappermode || (*level == '\0' && config->smtpd_enforce_tls))
        return TLS_LEVEL_ENCRYPT;
    if (strcmp(level, "may") == 0 || (*level == '\0' && config->smtpd_use_tls))
        return TLS_LEVEL_MAY;
    if (*level == '\0' || strcmp(level, "none") == 0)
        return TLS_LEVEL_NONE;
    if (strcmp(level, "encrypt") != 0)
        log_warning("smtpd_tls_security_level: unsupported TLS level \"%s\", using \"encrypt\"",
                    level);
    return TLS_LEVEL_ENCRYPT;
}

static const char *named_file(const char *value)
{
    return strcmp(value, "none") == 0 ? "" : value;
}

/* Mail goes on without TLS when the certificate is unusable, unless TLS is demanded. */
static void load_certificate(const struct config *config)
{
    bool demanded = server.tls_level == TLS_LEVEL_ENCRYPT;
    struct error err = {0};
    struct tls_server_settings settings = {
        .certificate_file = named_file(config->smtpd_tls_cert_file),
        .key_file = config->smtpd_tls_key_file,
        .ec_certificate_file = named_file(config->smtpd_tls_eccert_file),
        .ec_key_file = config->smtpd_tls_eckey_file,
        .chain_files = config->smtpd_tls_chain_files,
        .protocols = demanded ? config->smtpd_tls_mandatory_protocols : config->smtpd_tls_protocols,
        .cipher_list = config_tls_ciphers(config, server.arena,
                                          demanded ? config->smtpd_tls_mandatory_ciphers
                                                   : config->smtpd_tls_ciphers,
                                          demanded ? config->smtpd_tls_mandatory_exclude_ciphers
                                                   : config->smtpd_tls_exclude_ciphers),
        .dh_file = config->smtpd_tls_dh1024_param_file,
        .prefer_server_ciphers = config->tls_preempt_cipherlist,
    };

    if (settings.certificate_file[0] != '\0' || settings.ec_certificate_file[0] != '\0' ||
        settings.chain_files[0] != '\0')
        server.tls = tls_context_server(&settings, &err);
    else
        error_set(&err, ERROR_PERMANENT, "smtpd_tls_cert_file is not set");
    if (server.tls == NULL)
        log_warning("no server certificate, TLS is not available: %s", err.text);
}

/* Their items may be files, which are out of reach later. */
static void open_lists(const struct config *config)
{
    server.route = route_create(config, true);
    server.debug_peers = debug_peers_create(config, true);
    server.mynetworks =
        match_list_create(config, "mynetworks", config->mynetworks, MATCH_ADDRESS, true);
    server.forbidden_commands = match_list_create(
        config, "smtpd_forbidden_commands", config->smtpd_forbidden_commands, MATCH_STRING, true);
    server.noop_commands = match_list_create(config, "smtpd_noop_commands",
                                             config->smtpd_noop_commands, MATCH_STRING, true);
    server.bare_newline_exclusions =
        match_list_create(config, "smtpd_forbid_bare_newline_exclusions",
                          config->smtpd_forbid_bare_newline_exclusions, MATCH_ADDRESS, true);
    server.limit_exceptions =
        match_list_create(config, "smtpd_client_event_limit_exceptions",
                          config->smtpd_client_event_limit_exceptions, MATCH_ADDRESS, true);
    server.logged_permits =
        match_list_create(config, "smtpd_log_access_permit_actions",
                          config->smtpd_log_access_permit_actions, MATCH_STRING, true);
    server.verp_clients =
        match_list_create(config, "smtpd_authorized_verp_clients",
                          config->smtpd_authorized_verp_clients, MATCH_ADDRESS, true);
    server.flush_domains = match_list_create(config, "fast_flush_domains",
                                             config->fast_flush_domains, MATCH_DOMAIN, true);
}

/* A proxy that speaks something else would be taken for the client. */
static bool check_proxy_protocol(const struct config *config, struct error *err)
{
    const char *protocol = config->smtpd_upstream_proxy_protocol;

    if (protocol[0] == '\0' || strcmp(protocol, "haproxy") == 0)
        return true;
    error_set(err, ERROR_PERMANENT, "unsupported smtpd_upstream_proxy_protocol value: %s",
              protocol);
    return false;
}

static bool prepare(const struct service_instance *instance, struct error *err)
{
    const struct config *config = instance->config;

    server.config = config;
    if (!check_proxy_protocol(config, err))
        return false;
    server.arena = arena_create();
    if (!interfaces_own(config->inet_interfaces, config->inet_protocols, server.arena,
                        &server.own_addresses, &server.own_address_count, err))
        return false;
    server.content = BUF(IPC_BLOCK_MAX);
    server.tls_level = tls_level(config);
    if (server.tls_level != TLS_LEVEL_NONE)
        load_certificate(config);
    open_lists(config);
    server.dns = dns_prepare(config, config->smtp_host_lookup, err);
    return server.dns != NULL;
}

static const char *decode(const char *escaped)
{
    struct buf text = BUF(BUF_UNLIMITED);
    const char *decoded;

    escape_decode(span_text(escaped), &text);
    decoded = arena_copy(server.arena, buf_text(&text));
    buf_release(&text);
    return decoded;
}

static bool start(const struct service_instance *instance, struct error *err)
{
    const struct config *config = instance->config;

    server.announced =
        hello_keywords("smtpd_discard_ehlo_keywords", config->smtpd_discard_ehlo_keywords);
    server.hello_discards =
        maps_open(config, config->smtpd_discard_ehlo_keyword_address_maps, true);
    server.command_filter = maps_open_octets(config, config->smtpd_command_filter, true);
    server.overrides = intake_overrides(config->receive_override_options);
    server.reject_footers = maps_open(config, config->smtpd_reject_footer_maps, true);
    server.footer_filter = decode(config->smtpd_expansion_filter);
    server.access = access_create(config, err);
    return server.access != NULL;
}

static bool is_stale(const struct service_instance *instance UNUSED)
{
    return route_changed(server.route) || maps_changed(server.hello_discards) ||
           maps_changed(server.command_filter) || maps_changed(server.reject_footers);
}

int main(int argc, char *argv[])
{
    static const struct service service = {
        .program = "smtpd",
        .user = SERVICE_USER_NET,
        .sandbox = SANDBOX_NO_FILES | SANDBOX_NO_EXEC,
        .prepare = prepare,
        .start = start,
        .serve_client = serve_client,
        .is_stale = is_stale,
    };

    return service_main(&service, argc, argv);
}
