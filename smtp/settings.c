/* What the configuration says to the client. */
#include "smtp/settings.h"

#include "lib/base/log.h"
#include "lib/config/name_flags.h"

#define LINE_MIN 12 /* shorter lines would be more folds than text */

/* The parameter of our protocol; both exist under the same name behind smtp_ and lmtp_. */
#define OURS(name) (lmtp ? config->lmtp_##name : config->smtp_##name)

/* known_tcp_ports: "lmtp=24, smtps=submissions=465", names before their number */
unsigned settings_port(const struct config *config, struct span name)
{
    struct strlist entries = STRLIST_EMPTY;
    uint64_t port = 0;

    if (span_to_u64(name, 65535, &port))
        return (unsigned)port;
    strlist_split(&entries, config->known_tcp_ports, ", \t\r\n");
    for (size_t i = 0; i < entries.count && port == 0; i++) {
        struct span rest = span_text(entries.items[i]);
        bool named = false;

        while (span_find(rest, '=') < rest.len)
            named = span_equal_nocase(span_trim(span_take_until(&rest, '=')), name) || named;
        if (named && !span_to_u64(span_trim(rest), 65535, &port))
            port = 0;
    }
    strlist_release(&entries);
    return (unsigned)port;
}

static enum address_preference read_preference(const char *text)
{
    return strcmp(text, "ipv4") == 0   ? PREFER_IPV4
           : strcmp(text, "ipv6") == 0 ? PREFER_IPV6
                                       : PREFER_ANY;
}

/* What may be named in ..._discard_ehlo_keywords, in the order of the log; some are of no use to a client. */
enum {
    UNUSED_AUTH = 1 << 16,
    UNUSED_ETRN = 1 << 17,
    UNUSED_VERP = 1 << 18,
    UNUSED_VRFY = 1 << 19,
    UNUSED_XCLIENT = 1 << 20,
    UNUSED_XFORWARD = 1 << 21,
    UNUSED_ENHANCEDSTATUSCODES = 1 << 22,
    UNUSED_SMTPUTF8 = 1 << 23,
    UNUSED_CHUNKING = 1 << 24,
    SILENT_DISCARD = 1 << 25,
};

static const struct name_flag discardable[] = {
    {"8BITMIME",            FEATURE_8BITMIME          },
    {"AUTH",                UNUSED_AUTH               },
    {"ETRN",                UNUSED_ETRN               },
    {"PIPELINING",          FEATURE_PIPELINING        },
    {"SIZE",                FEATURE_SIZE              },
    {"VERP",                UNUSED_VERP               },
    {"VRFY",                UNUSED_VRFY               },
    {"XCLIENT",             UNUSED_XCLIENT            },
    {"XFORWARD",            UNUSED_XFORWARD           },
    {"STARTTLS",            FEATURE_STARTTLS          },
    {"ENHANCEDSTATUSCODES", UNUSED_ENHANCEDSTATUSCODES},
    {"DSN",                 FEATURE_DSN               },
    {"SMTPUTF8",            UNUSED_SMTPUTF8           },
    {"CHUNKING",            UNUSED_CHUNKING           },
    {"SILENT-DISCARD",      SILENT_DISCARD            },
    {NULL,                  0                         },
};

unsigned settings_features(const char *keywords)
{
    return name_flags(discardable, keywords, NULL);
}

void settings_log_discarded(unsigned discarded)
{
    struct buf names = BUF(1000);

    name_flags_put(discardable, discarded, &names);
    if (names.len > 0 && (discarded & SILENT_DISCARD) == 0)
        log_info("discarding EHLO keywords:%s", buf_text(&names));
    buf_release(&names);
}

unsigned settings_workarounds(const char *words)
{
    static const struct name_flag workarounds[] = {
        {"disable_esmtp", PIX_DISABLE_ESMTP},
        {"delay_dotcrlf", PIX_DELAY_DOTCRLF},
        {NULL,            0                },
    };

    return name_flags(workarounds, words, "PIX workaround");
}

static void read_tls_files(const struct config *config, bool lmtp, struct settings *settings)
{
    bool demanded = settings->tls_level >= TLS_ENCRYPT;

    settings->tls_wrapper = OURS(tls_wrappermode);
    settings->tls_note_offer = OURS(tls_note_starttls_offer);
    settings->plain_after_s = config->minimal_backoff_time;
    settings->tls_loglevel = OURS(tls_loglevel);
    settings->tls_ca_file = OURS(tls_CAfile);
    settings->tls_ca_path = OURS(tls_CApath);
    settings->tls_certificate_file = OURS(tls_cert_file);
    settings->tls_key_file = OURS(tls_key_file);
    settings->tls_protocols = demanded ? OURS(tls_mandatory_protocols) : OURS(tls_protocols);
    settings->tls_grade = demanded ? OURS(tls_mandatory_ciphers) : OURS(tls_ciphers);
    settings->tls_exclude =
        demanded ? OURS(tls_mandatory_exclude_ciphers) : OURS(tls_exclude_ciphers);
}

/* A level that is not there yet must not quietly become a weaker one. */
static bool read_tls(const struct config *config, bool lmtp, struct settings *settings,
                     struct error *err)
{
    static const struct {
        const char *name;
        enum tls_level level;
    } levels[] = {
        {"",        TLS_NONE   },
        {"none",    TLS_NONE   },
        {"may",     TLS_MAY    },
        {"encrypt", TLS_ENCRYPT},
        {"verify",  TLS_VERIFY },
        {"secure",  TLS_SECURE },
    };
    const char *name = OURS(tls_security_level);
    size_t i = 0;

    if (name[0] == '\0')
        name = OURS(enforce_tls) ? "encrypt" : OURS(use_tls) ? "may" : "none";
    while (i < ARRAY_LENGTH(levels) && strcmp(levels[i].name, name) != 0)
        i++;
    if (i == ARRAY_LENGTH(levels)) {
        error_set(err, ERROR_PERMANENT, "%s_tls_security_level = %s is not supported",
                  settings->prefix, name);
        return false;
    }
    settings->tls_level = levels[i].level;
    read_tls_files(config, lmtp, settings);
    if (settings->tls_wrapper && settings->tls_level < TLS_ENCRYPT) {
        error_set(err, ERROR_PERMANENT,
                  "%s_tls_wrappermode needs %s_tls_security_level = encrypt or higher",
                  settings->prefix, settings->prefix);
        return false;
    }
    return true;
}

static void read_timeouts(const struct config *config, bool lmtp, struct settings *settings)
{
    settings->connect_timeout = OURS(connect_timeout);
    settings->helo_timeout = lmtp ? config->lmtp_lhlo_timeout : config->smtp_helo_timeout;
    settings->starttls_timeout = OURS(starttls_timeout);
    settings->mail_timeout = OURS(mail_timeout);
    settings->rcpt_timeout = OURS(rcpt_timeout);
    settings->data_init_timeout = OURS(data_init_timeout);
    settings->data_xfer_timeout = OURS(data_xfer_timeout);
    settings->data_done_timeout = OURS(data_done_timeout);
    settings->rset_timeout = OURS(rset_timeout);
    settings->quit_timeout = OURS(quit_timeout);
}

static void read_destinations(const struct config *config, bool lmtp, struct settings *settings)
{
    settings->bind_address = OURS(bind_address);
    settings->bind_address6 = OURS(bind_address6);
    settings->bind_address_enforce = OURS(bind_address_enforce);
    settings->fallback_relay = OURS(fallback_relay);
    settings->address_preference = read_preference(OURS(address_preference));
    settings->balance_protocols = OURS(balance_inet_protocols);
    settings->randomize_addresses = OURS(randomize_addresses);
    settings->address_limit = OURS(mx_address_limit);
    settings->session_limit = OURS(mx_session_limit);
    settings->defer_if_no_address = OURS(defer_if_no_mx_address_found);
}

bool settings_read(const struct config *config, bool lmtp, struct settings *settings_r,
                   struct error *err)
{
    struct settings *settings = settings_r;
    int line_length_limit = OURS(line_length_limit);

    *settings = (struct settings){.config = config, .lmtp = lmtp, .prefix = lmtp ? "lmtp" : "smtp"};
    settings->helo_name = lmtp ? config->lmtp_lhlo_name : config->smtp_helo_name;
    settings->send_ehlo = lmtp || (config->smtp_always_send_ehlo && !config->smtp_never_send_ehlo);
    settings->skip_5xx_greeting = OURS(skip_5xx_greeting);
    settings->skip_quit_response = OURS(skip_quit_response);
    settings->reuse_connections = OURS(connection_cache_on_demand);
    settings->reuse_idle = OURS(connection_cache_time_limit);
    settings->reuse_time = OURS(connection_reuse_time_limit);
    settings->reuse_count = OURS(connection_reuse_count_limit);
    settings->discard = settings_features(lmtp ? config->lmtp_discard_lhlo_keywords
                                               : config->smtp_discard_ehlo_keywords);
    settings->pix_workarounds = settings_workarounds(OURS(pix_workarounds));
    settings->pix_threshold_time = OURS(pix_workaround_threshold_time);
    settings->pix_delay_time = OURS(pix_workaround_delay_time);
    settings->quote_addresses = OURS(quote_rfc821_envelope);
    settings->line_length_limit = line_length_limit > 0 && line_length_limit < LINE_MIN
                                      ? LINE_MIN
                                      : (size_t)line_length_limit;
    settings->assume_final = lmtp && config->lmtp_assume_final;
    read_timeouts(config, lmtp, settings);
    read_destinations(config, lmtp, settings);
    settings->default_port =
        settings_port(config, span_text(lmtp ? config->lmtp_tcp_port : config->smtp_tcp_port));
    if (settings->default_port == 0) {
        error_set(err, ERROR_PERMANENT, "%s_tcp_port: unknown port", settings->prefix);
        return false;
    }
    return read_tls(config, lmtp, settings, err);
}
