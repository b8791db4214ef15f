/* The parameter table as data, and the search in it. */
#include "lib/config/parameter.h"

#include "lib/config/config.h"

#define PARAMETER_NAMED(type, member, text, default_value, state, readers, doc)                    \
    [INDEX_##member] = {text,                                                                      \
                        default_value,                                                             \
                        readers,                                                                   \
                        offsetof(struct config, member),                                           \
                        PARAMETER_##type,                                                          \
                        PARAMETER_##state},
#define P(type, member, default_value, state, readers, doc)                                        \
    PARAMETER_NAMED(type, member, #member, default_value, state, readers, doc)

const struct parameter parameters[PARAMETER_COUNT] = {
#include "lib/config/parameters.def"
};
#undef P
#undef PARAMETER_NAMED

_Static_assert(sizeof(struct config) <= UINT16_MAX, "offsets in struct parameter are 16 bits");

/* "connection_count" before "connection_rate": as strcmp, of a name that has no NUL. */
static int compare(struct span name, const char *known)
{
    int order = strncmp(name.data, known, name.len);

    return order != 0 ? order : known[name.len] == '\0' ? 0 : -1;
}

const struct parameter *parameter_find(struct span name)
{
    size_t low = 0;
    size_t high = INDEX_OWN_FIRST;

    if (name.len == 0 || memchr(name.data, '\0', name.len) != NULL)
        return NULL;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = compare(name, parameters[middle].name);

        if (order == 0)
            return &parameters[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    for (size_t i = INDEX_OWN_FIRST; i < PARAMETER_COUNT; i++) {
        if (compare(name, parameters[i].name) == 0)
            return &parameters[i];
    }
    return NULL;
}

bool parameter_has_reader(const struct parameter *parameter, const char *program)
{
    return strlist_text_has(parameter->readers, ",", "all") ||
           strlist_text_has(parameter->readers, ",", program);
}

static const char *const tls_grades[] = {"export", "low", "medium", "high", "null", NULL};
/* Also of servers, which take what they cannot have for encrypt. */
static const char *const tls_client_levels[] = {
    "", "none", "may", "encrypt", "fingerprint", "verify", "secure", "dane", "dane-only", NULL};
static const char *const tls_curves[] = {"auto", "none", "strong", "ultra", NULL};
static const char *const dns_levels[] = {"", "disabled", "enabled", "dnssec", NULL};
static const char *const address_preferences[] = {"any", "ipv4", "ipv6", NULL};
static const char *const verify_targets[] = {"rcpt", "data", NULL};
static const char *const screen_actions[] = {"ignore", "enforce", "drop", NULL};
static const char *const tempfail_actions[] = {"defer_if_permit", "defer", NULL};

static const struct {
    uint16_t index;
    const char *const *choices;
} choices_of[] = {
    {INDEX_header_from_format,                    (const char *const[]){"standard", "obsolete", NULL}     },
    {INDEX_info_log_address_format,               (const char *const[]){"external", "internal", NULL}     },
    {INDEX_lmtp_address_preference,               address_preferences                                     },
    {INDEX_lmtp_address_verify_target,            verify_targets                                          },
    {INDEX_lmtp_dns_support_level,                dns_levels                                              },
    {INDEX_lmtp_tls_ciphers,                      tls_grades                                              },
    {INDEX_lmtp_tls_mandatory_ciphers,            tls_grades                                              },
    {INDEX_lmtp_tls_security_level,               tls_client_levels                                       },
    {INDEX_login_protocol,                        (const char *const[]){"", "imap", "pop3", NULL}         },
    {INDEX_mailbox_layout,                        (const char *const[]){"fs", "maildir++", NULL}          },
    {INDEX_mailbox_separator,                     (const char *const[]){"", ".", "/", NULL}               },
    {INDEX_milter_default_action,
     (const char *const[]){"accept", "reject", "tempfail", "quarantine", "shutdown", NULL}                },
    {INDEX_mynetworks_style,                      (const char *const[]){"class", "subnet", "host", NULL}  },
    {INDEX_non_bdb_migration_level,
     (const char *const[]){"disable", "enable-redirect", "enable-reindex", NULL}                          },
    {INDEX_pop3_delete_type,                      (const char *const[]){"default", "expunge", "flag", NULL} },
    {INDEX_postscreen_bare_newline_action,        screen_actions                                          },
    {INDEX_postscreen_denylist_action,            screen_actions                                          },
    {INDEX_postscreen_dnsbl_action,               screen_actions                                          },
    {INDEX_postscreen_greet_action,               screen_actions                                          },
    {INDEX_postscreen_non_smtp_command_action,    screen_actions                                          },
    {INDEX_postscreen_pipelining_action,          screen_actions                                          },
    {INDEX_postscreen_tls_security_level,         tls_client_levels                                       },
    {INDEX_reject_tempfail_action,                tempfail_actions                                        },
    {INDEX_sendmail_fix_line_endings,             (const char *const[]){"always", "never", "strict", NULL}},
    {INDEX_smtp_address_preference,               address_preferences                                     },
    {INDEX_smtp_address_verify_target,            verify_targets                                          },
    {INDEX_smtp_dns_support_level,                dns_levels                                              },
    {INDEX_smtp_tls_ciphers,                      tls_grades                                              },
    {INDEX_smtp_tls_dane_insecure_mx_policy,      (const char *const[]){"may", "encrypt", "dane", NULL}   },
    {INDEX_smtp_tls_mandatory_ciphers,            tls_grades                                              },
    {INDEX_smtp_tls_security_level,               tls_client_levels                                       },
    {INDEX_smtpd_forbid_bare_newline,
     (const char *const[]){"no", "yes", "normalize", "note", "reject", NULL}                              },
    {INDEX_smtpd_tls_ciphers,                     tls_grades                                              },
    {INDEX_smtpd_tls_eecdh_grade,                 tls_curves                                              },
    {INDEX_smtpd_tls_mandatory_ciphers,           tls_grades                                              },
    {INDEX_smtpd_tls_security_level,              tls_client_levels                                       },
    {INDEX_tlsproxy_client_security_level,        tls_client_levels                                       },
    {INDEX_tlsproxy_tls_ciphers,                  tls_grades                                              },
    {INDEX_tlsproxy_tls_eecdh_grade,              tls_curves                                              },
    {INDEX_tlsproxy_tls_mandatory_ciphers,        tls_grades                                              },
    {INDEX_tlsproxy_tls_security_level,           tls_client_levels                                       },
    {INDEX_unknown_address_tempfail_action,       tempfail_actions                                        },
    {INDEX_unknown_helo_hostname_tempfail_action, tempfail_actions                                        },
    {INDEX_unverified_recipient_tempfail_action,  tempfail_actions                                        },
    {INDEX_unverified_sender_tempfail_action,     tempfail_actions                                        },
};

const char *const *parameter_choices(const struct parameter *parameter)
{
    for (size_t i = 0; i < ARRAY_LENGTH(choices_of); i++) {
        if (choices_of[i].index == parameter_index(parameter))
            return choices_of[i].choices;
    }
    return NULL;
}
