/* What the configuration says to the client: the smtp_ parameters, or, for LMTP, the lmtp_ ones. */
#ifndef BUZON_SMTP_SETTINGS_H
#define BUZON_SMTP_SETTINGS_H

#include "lib/config/config.h"

enum tls_level {
    TLS_NONE,
    TLS_MAY,     /* when the server offers it and it works */
    TLS_ENCRYPT, /* always, with anybody's certificate */
    TLS_VERIFY,  /* the certificate is right for the MX host's name */
    TLS_SECURE,  /* the certificate is right for the next hop's name */
};

enum address_preference { PREFER_ANY, PREFER_IPV4, PREFER_IPV6 };

/* settings.discard: EHLO keywords that are not believed; also session.features */
enum {
    FEATURE_PIPELINING = 1,
    FEATURE_SIZE = 2,
    FEATURE_8BITMIME = 4,
    FEATURE_DSN = 8,
    FEATURE_STARTTLS = 16,
    FEATURE_IS_US = 32, /* its name is ours */
};

/* What helps against firewalls that break SMTP (settings.pix_workarounds). */
enum {
    PIX_DISABLE_ESMTP = 1,
    PIX_DELAY_DOTCRLF = 2,
};

/* Texts are the configuration's; times are seconds. */
struct settings {
    const struct config *config;
    bool lmtp;
    const char *prefix; /* "smtp" or "lmtp", for logs */
    const char *helo_name;
    unsigned default_port;
    bool send_ehlo; /* else HELO at once */

    int connect_timeout, helo_timeout, starttls_timeout, mail_timeout, rcpt_timeout;
    int data_init_timeout, data_xfer_timeout, data_done_timeout, rset_timeout, quit_timeout;

    const char *bind_address, *bind_address6;
    bool bind_address_enforce;
    const char *fallback_relay;
    enum address_preference address_preference;
    bool balance_protocols, randomize_addresses;
    int address_limit, session_limit; /* per delivery; 0: none */
    bool defer_if_no_address;
    bool skip_5xx_greeting, skip_quit_response;

    bool reuse_connections;
    int reuse_idle, reuse_time, reuse_count; /* 0: no limit of time and count */

    unsigned discard;      /* FEATURE_... that servers do not have, whatever they say */
    struct maps *discards; /* the same by address of the server, instead; NULL: no table */
    struct maps *replies;  /* what stands in the place of lines that servers say; likewise */

    unsigned pix_workarounds;          /* PIX_...: for servers behind a firewall of that kind */
    struct maps *pix_workaround_table; /* the same by address of the server, instead; NULL */
    int pix_threshold_time, pix_delay_time;

    bool quote_addresses;
    size_t line_length_limit; /* 0: none */
    bool assume_final;        /* LMTP servers deliver for good */

    enum tls_level tls_level;
    bool tls_wrapper, tls_note_offer;
    int plain_after_s; /* so old is a message that goes without TLS where TLS fails */
    int tls_loglevel;
    const char *tls_ca_file, *tls_ca_path, *tls_certificate_file, *tls_key_file;
    const char *tls_protocols, *tls_grade, *tls_exclude;
};

/* settings_read - PERMANENT: a value that cannot be obeyed */
bool settings_read(const struct config *config, bool lmtp, struct settings *settings_r,
                   struct error *err) MUST_CHECK;

/* settings_features - FEATURE_... of a list of EHLO keywords */
unsigned settings_features(const char *keywords);
/* settings_log_discarded - those that are not believed, unless they are to be left out silently */
void settings_log_discarded(unsigned discarded);

/* settings_workarounds - PIX_... of a list of words; others are logged */
unsigned settings_workarounds(const char *words);

/* settings_port - "25", "smtp", "submission" (known_tcp_ports); 0 when it is none */
unsigned settings_port(const struct config *config, struct span name);

#endif
